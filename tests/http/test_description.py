"""Every route of /api/v1/openapi.json, asked as a machine that read nothing else: schemathesis makes questions up, with
a fixed seed, and real ones are put beside them. No answer is a server's failure, and each is as described."""
import time

import pytest

from support import stores, venv
from support.daemon import Daemon

EXAMPLES = 4  # of each route, good ones and bad ones


@pytest.fixture(scope="module")
def schemathesis():
    return venv.load("schemathesis")


@pytest.fixture
def served(request, nxtraced_path, clean_env, empty_dir, recordings, tmp_path):
    """A daemon that has read everything."""
    state = stores.whole_state(recordings / request.param, tmp_path)
    with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state), "--state-dir", str(tmp_path / "kept")) as d:
        end = time.monotonic() + 60
        for run in d.get("/api/v1/runs?limit=1000").expect(200).json["runs"]:
            while d.get(f"/api/v1/runs/{run['id']}/tests?limit=1").status == 503:
                assert time.monotonic() < end
                time.sleep(0.02)
        yield d


def real_values(d):
    """Values of parameters that lead somewhere."""
    run = d.get("/api/v1/runs?limit=1").expect(200).json["runs"][0]
    tests = d.get(f"/api/v1/runs/{run['id']}/tests?limit=2").json["tests"]
    values = {"workspace": run["workspace"]["name"], "run": run["id"], "base": run["id"], "head": "latest"}
    return {**values, **({"binary": tests[-1]["binary"], "test": tests[-1]["test"]} if tests else {})}


def made_up(operation, mode):
    """Questions to one route: the same in every run of this test."""
    from hypothesis import HealthCheck, Phase, errors, given, settings
    got = []

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case):
        got.append(case)

    try:
        collect()
    except errors.Unsatisfiable:
        assert not got, "where any text will do there is nothing wrong to ask"
    return got


def real(operation, values):
    """A question with all that its path and its required parameters need, or None."""
    path = {p.name: values.get(p.name) for p in operation.path_parameters}
    query = {p.name: values.get(p.name) for p in operation.query if p.is_required}
    if None in path.values() or None in query.values():
        return None
    return operation.Case(path_parameters=path, query=query)


def ask_all(schemathesis, schema, values, examples=True):
    """(asked, answered with 200, what was not as described)"""
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (content_type_conformance, response_headers_conformance,
                                                   response_schema_conformance, status_code_conformance)
    checks = [schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
              response_headers_conformance, response_schema_conformance]
    asked, answered, wrong = 0, 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == "/api/v1/events":  # it never ends: http/test_events.py
            continue
        question = real(operation, values)
        cases = [question] if question else []
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if examples else ():
            cases += made_up(operation, mode)
        for case in cases:
            response = case.call(timeout=30)
            asked += 1
            answered += response.status_code == 200
            try:
                case.validate_response(response, checks=checks)
            except (AssertionError, BaseExceptionGroup) as e:  # schemathesis: one failure, or several
                wrong.append(f"{case.as_curl_command()}\n{response.status_code} {e}")
    return asked, answered, wrong


@pytest.mark.parametrize("served", ["retries", "stress"], indirect=True)
def test_every_route_is_as_described(served, schemathesis):
    schema = schemathesis.openapi.from_url(served.page + "api/v1/openapi.json")
    asked, answered, wrong = ask_all(schemathesis, schema, real_values(served))
    assert not wrong, f"{len(wrong)} of {asked}:\n\n" + "\n\n".join(wrong[:10])
    assert asked > 100 and answered > 20


@pytest.mark.parametrize("served", ["retries"], indirect=True)
def test_what_is_not_as_described_is_found(served, schemathesis):
    """The description made wrong: a member that no list has, another kind of content."""
    doc = served.get("/api/v1/openapi.json").expect(200).json
    doc["components"]["schemas"]["Runs"].setdefault("required", []).append("nobody")
    doc["paths"]["/api/v1/slowest"]["get"]["responses"]["200"]["content"] = {"text/csv": {}}
    schema = schemathesis.openapi.from_dict(doc)
    schema.config.update(base_url=served.page)
    _, _, wrong = ask_all(schemathesis, schema, real_values(served), examples=False)
    for route in ("/api/v1/runs", "/api/v1/slowest"):
        assert any(w.splitlines()[0].endswith(route) for w in wrong), [w.splitlines()[0] for w in wrong]
    assert not any("/api/v1/flaky" in w.splitlines()[0] for w in wrong)
