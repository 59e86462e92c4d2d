"""/api/v1/openapi.json and the daemon: what the one allows the other answers as it says, and nothing else."""
import json
import os
import subprocess

import pytest

from support import openapi, tables, venv

STORES = ("retries", "stress", "output", "formats/bad-logs", "formats/bad-runs", "formats/versions")
ALLOW = "GET, HEAD, OPTIONS"
UNDEFINED = ("PUT", "POST", "DELETE", "PATCH", "TRACE")
PHASES = "examples,coverage,fuzzing"
RUN = ["--seed", "20", "--max-examples", "6", "--generation-database", "none",
       "--no-shrink", "--continue-on-failure", "--no-color", "--workers", "1", "--request-timeout", "60"]
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "unsupported_method",
          "allow_header_conformance"]
# A request that is well-formed may name what is not there (404), there twice (409), gone (410) or damaged (422).
CONFIG = f"""
warnings = false
[phases.coverage]
unexpected-methods = {list(UNDEFINED)}
generate-duplicate-query-parameters = true
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 404, 409, 410, 422]
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 409]
"""


@pytest.fixture
def described(start, recordings, tmp_path):
    """A daemon on stores of several kinds, damaged runs among them, with an index that has read them."""
    stores = [a for s in STORES for a in ("--store", f"{s.rpartition('/')[2]}={recordings / s / 'state'}")]
    d = start(*stores, "--state-dir", tmp_path / "index")
    openapi.ready(d, "/api/v1/flaky")
    return d


@pytest.fixture
def retries(start, recordings, tmp_path):
    d = start("--store", recordings / "retries" / "state", "--state-dir", tmp_path / "index")
    openapi.ready(d, "/api/v1/flaky")
    return d


@pytest.fixture
def every(retries):
    """[(address of something that is there, operation)] of all operations but the stream"""
    description = retries.get("/api/v1/openapi.json").expect(200).json
    case = openapi.real_values(retries)["cases"][0]
    found = [(openapi.target(path, o, case), o) for path, o in openapi.operations(description)]
    return [(t, o) for t, o in found if o["operationId"] != "events"]


def schemathesis(d, tmp_path, description=None, phases=PHASES):
    """Runs it with the daemon's description, or another; (how it ended, its text, the calls that it made)"""
    real, calls, config, given = (tmp_path / n for n in ("real", "calls", "schemathesis.toml", "openapi.json"))
    program = venv.program("schemathesis")
    real.write_text(json.dumps(openapi.real_values(d)))
    config.write_text(CONFIG)
    # Told its address, schemathesis would leave that one operation out.
    given.write_text(json.dumps(description or d.get("/api/v1/openapi.json").expect(200).json))
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
           "PYTHONPATH": str(venv.TOP / "tests"), "SCHEMATHESIS_HOOKS": "support.openapi_hooks",
           "NX_OPENAPI_REAL": str(real), "NX_OPENAPI_CALLS": str(calls)}
    argv = [program, "--config-file", config, "run", given, "--url", d.page, "--phases", phases, *RUN, "--checks", ",".join(CHECKS)]
    ran = subprocess.run(argv, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    text = ran.stdout.decode("utf-8", "replace")
    assert calls.exists(), text
    return ran.returncode, text, [json.loads(line) for line in calls.read_text().splitlines()]


def test_schemathesis_finds_nothing(described, tmp_path):
    code, text, calls = schemathesis(described, tmp_path)
    assert code == 0, text
    description = described.get("/api/v1/openapi.json").expect(200).json
    ids = {o["operationId"] for _, o in openapi.operations(description)}
    assert len(ids) >= 38
    got = [c for c in calls if c["method"] == "GET"]
    assert {c["operation"] for c in got if c["status"] == 200} == ids, "each operation had something to tell"
    assert {400, 404, 410, 422} <= {c["status"] for c in got}
    for method in UNDEFINED:
        asked = [c for c in calls if c["method"] == method]
        assert {c["operation"] for c in asked} == ids
        assert {(c["status"], *c["allow"]) for c in asked} == {(405, ALLOW)}


def test_schemathesis_finds_what_is_wrong(described, tmp_path):
    """The description made wrong: a member that no list has, another kind of content."""
    doc = described.get("/api/v1/openapi.json").expect(200).json
    doc["components"]["schemas"]["Runs"].setdefault("required", []).append("nobody")
    doc["paths"]["/api/v1/slowest"]["get"]["responses"]["200"]["content"] = {"text/csv": {}}
    code, text, _ = schemathesis(described, tmp_path, doc, "examples")
    assert code == 1 and "nobody" in text and "text/csv" in text, text
    assert "_ GET /api/v1/runs _" in text and "_ GET /api/v1/slowest _" in text and "_ GET /api/v1/flaky _" not in text, text


def test_what_is_not_known_is_refused(retries, every):
    for target, operation in every:
        retries.get(target).expect(200)
        more = retries.get(target + ("&" if "?" in target else "?") + "surprise=1")
        if operation["operationId"].startswith("trace"):
            more.expect(200)  # doc/HTTP.md: passed over
        else:
            assert more.expect(400).code == "usage", target
        for p in operation["parameters"]:
            if p["in"] == "query":
                twice = target.partition("?")[0] + f"?{p['name']}=1&{p['name']}=1"
                assert retries.get(twice).expect(400).code == "usage", twice
    assert retries.get("/api/v1/events?surprise=1").expect(400).code == "usage"


def test_the_statuses_that_an_operation_lists(retries, every):
    """304, 206, 403 and 416 come of headers that the description leaves to HTTP."""
    for target, operation in every:
        listed = set(operation["responses"])
        whole = retries.get(target).expect(200)
        etag = whole.header("ETag")
        assert (etag is not None) == ("304" in listed), target
        if etag:
            retries.get(target, If_None_Match=etag).expect(304)
        assert retries.get(target, Range="bytes=0-9").status == (206 if "206" in listed else 200)
        assert retries.get(target, Range=f"bytes={len(whole.body)}-").status == (416 if "416" in listed else 200)
        assert retries.get(target, Host="elsewhere.example").expect(403).code == "forbidden"
        assert retries.get(target, "HEAD").expect(200).header("Content-Type") == whole.header("Content-Type")
        assert retries.get(target, "OPTIONS").expect(204).header("Allow") == ALLOW


def test_statuses_are_those_of_errors(retries, every):
    description = retries.get("/api/v1/openapi.json").json
    errors = {str(status) for status, _ in tables.errors().values()} - {"405"}
    listed = set().union(*(o["responses"] for _, o in every))
    assert listed == errors | {"200", "206", "304", "416"}
    used = {r["$ref"].rpartition("/")[2] for _, o in every for s, r in o["responses"].items() if s != "200"}
    assert used == set(description["components"]["responses"])
