"""Every question, put to the daemon, to nxctl, and to nxctl over the daemon's index: the same bytes, the same errors."""
import json

import pytest

from support import schemas, tables


def whole(a):
    """Every run, and every test, once the index has caught up."""
    runs = json.loads(a.http("RUNS", limit=1000)[1])["runs"]
    for run in runs:
        a.http("TESTS", run=run["id"], workspace=run["workspace"]["name"], limit=1)
    return runs, json.loads(a.http("SEARCH", limit=1000)[1])["tests"]


def test_lists(answers):
    runs, tests = whole(answers)
    names = sorted({r["workspace"]["name"] for r in runs})
    for question in ("FLAKY", "SLOWEST"):
        for args in ({}, {"runs": 1}, {"runs": 7, "limit": 3}, {"runs": 10000, "limit": 1000}):
            answers.same(question, **args)
        for name in names:
            answers.same(question, workspace=name)
    answers.same("RUNS", limit=1000)
    answers.same("SEARCH", text="", limit=1000)
    answers.same("SEARCH", text="e", limit=3)
    for name in names:
        answers.same("RUNS", workspace=name, limit=1000)
    profiles = {"default", "no such profile"}
    for profile in profiles:
        answers.same("RUNS", profile=profile, limit=1000)
        answers.same("RUNS", profile=profile, limit=2)
    for t in tests[:3]:
        answers.same("RUNS", test=f"{t['binary']} {t['test']}", limit=1000)
        answers.same("RUNS", test=t["test"], limit=1, status="passed")
    if runs:
        answers.same("RUNS", since=runs[-1]["started_at"], until=runs[0]["started_at"], limit=1000)


def test_pages(answers):
    runs, tests = whole(answers)
    for question, args in (("RUNS", {"profile": "default"}), ("SEARCH", {"text": ""})):
        got, after = [], {}
        for _ in range(40):
            doc = answers.same(question, limit=3, **args, **after)
            got += doc[{"RUNS": "runs", "SEARCH": "tests"}[question]]
            if doc["next"] is None:
                break
            after = {"after": doc["next"]}
        else:
            continue
        assert question != "SEARCH" or got == tests


def test_runs(answers):
    runs, _ = whole(answers)
    for run in runs[:6]:
        place = {"run": run["id"], "workspace": run["workspace"]["name"]}
        answers.same("RUN", **place)
        answers.same("TIMELINE", **place)
        for args in ({"limit": 1000}, {"attempts": "all", "limit": 1000}, {"sort": "duration", "limit": 4},
                     {"outcome": "failed", "limit": 2}, {"text": "a", "sort": "start", "limit": 1000}):
            doc = answers.same("TESTS", **place, **args)
        if doc is None:
            continue
        everything = answers.same("TESTS", **place, attempts="all", limit=1000)["tests"]
        for t in everything[:4] + [t for t in everything if not t["passed"]][:4]:
            attempt = {"binary": t["binary"], "test": t["test"], "attempt": t["attempt"]}
            if t["stress_index"] is not None:
                attempt["stress"] = t["stress_index"]
            for more in ({}, {"stream": "stderr"}, {"as": "json"}):
                answers.same("OUTPUT", **place, **attempt, **more)


def test_histories(answers):
    runs, tests = whole(answers)
    tests = [t for t in tests if t["binary"] and t["test"]]  # an address has no place for an empty name
    for t in tests[:: max(1, len(tests) // 8)]:
        for args in ({}, {"runs": 1}, {"runs": 3}):
            answers.same("HISTORY", binary=t["binary"], test=t["test"], **args)
        for name in sorted({r["workspace"]["name"] for r in runs})[:3]:
            answers.same("HISTORY", binary=t["binary"], test=t["test"], workspace=name)


def test_compare(answers):
    runs, _ = whole(answers)
    for i, j in ((0, 1), (1, 0), (0, -1), (-1, 2), (2, 2)):
        if max(i, j) < len(runs):
            answers.same("COMPARE", base=runs[i]["id"], head=runs[j]["id"])
    if runs:
        answers.same("COMPARE", base="latest", head="latest")


def test_errors(answers):
    whole(answers)
    for question, args in (("TIMELINE", {"run": "ffffffffffff"}), ("TIMELINE", {"run": "xyz"}), ("TESTS", {"run": "ffffffffffff"}), ("TESTS", {"run": "xyz"}),
                           ("OUTPUT", {"run": "latest", "binary": "no", "test": "such"}),
                           ("COMPARE", {"base": "latest", "head": "0123456789"}), ("HISTORY", {"binary": "no", "test": "such"}),
                           ("RUNS", {"limit": 0}), ("RUNS", {"status": "splendid"}), ("RUNS", {"after": "x"}),
                           ("TESTS", {"run": "latest", "outcome": "splendid"}), ("FLAKY", {"runs": 0})):
        assert answers.same(question, **args) is None


@pytest.mark.parametrize("store_name", ["plain"], indirect=True)
def test_every_question_is_asked_here(answers, source_dir):
    asked = set(__import__("re").findall(r'"([A-Z]+)"', (source_dir / "tests/api/test_same_bytes.py").read_text()))
    assert set(tables.questions()) - asked <= {"TRACE", "WORKSPACES"}, "tests/e2e compares traces; nxctl has no workspaces"


@pytest.mark.parametrize("store_name", ["plain"], indirect=True)
def test_description(answers):
    """OPENAPI: what is served is what the tables say."""
    status, body = answers.http("OPENAPI")
    doc = json.loads(body)
    assert status == 200 and doc["openapi"] == "3.1.0" and doc["components"]["schemas"] == schemas.components()
    params, replies = schemas.params(), schemas.replies()
    served = dict(doc["paths"])
    for q in tables.questions().values():
        for route in schemas.spellings(q.route):
            operation = served.pop(route)["get"]
            content = operation["responses"]["200"]["content"]
            assert {m: c["schema"] for m, c in content.items()} == replies[q.name]
            assert operation["summary"] == q.help
            got = {p["name"]: p for p in operation["parameters"]}
            want = {n for n, where, _ in q.params if q.name != "TRACE" or "{" + n + "}" in route}
            assert set(got) == want, route
            for name, p in got.items():
                assert p["in"] == ("path" if "{" + name + "}" in route else "query") and p["schema"] == params[name]
                assert p["required"] == (p["in"] == "path" or name in ("base", "head"))
    for route, (word, text, media, schema) in schemas.live().items():
        for spelled in schemas.spellings(route):
            operation = served.pop(spelled)["get"]
            assert operation["responses"]["200"]["content"] == {media: {"schema": schema}} and operation["summary"] == text
            where = {p["name"]: p["in"] for p in operation["parameters"]}
            assert where == {n: "path" if "{" + n + "}" in spelled else w for n, w in schemas.live_params().get(word, {}).items()}
    assert not served
    routes = __import__("re").findall(r'NXD_ROUTE\(\w+, "(/api/[^"]+)"', (tables.TOP / "daemon/routes.def").read_text())
    assert all(s in doc["paths"] for r in routes for s in schemas.spellings(r)), "all that is served under /api is described"
    ids = [p["get"]["operationId"] for p in doc["paths"].values()]
    assert len(ids) == len(set(ids))


@pytest.mark.skipif(schemas.validator("RUNS") is None, reason="python3-jsonschema is not installed (scripts/deps check)")
@pytest.mark.parametrize("store_name", ["live/2-first-flush", "plain"], indirect=True)
def test_what_goes_on_is_as_described(answers):
    """The daemon's own routes: the tests that run now, and errors."""
    r = answers.daemon.get("/api/v1/runs/latest/running").expect(200)
    validator = schemas.validator(None, {"$ref": "#/components/schemas/Running"})
    assert not list(validator.iter_errors(r.json))
    for target in ("/api/v1/runs/latest/running?x=y", "/api/v1/runs/ffff/running", "/api/v1/runs/zz", "/api/v1/nothing"):
        r = answers.daemon.get(target)
        assert r.status >= 400
        assert not list(schemas.validator(None, {"$ref": "#/components/schemas/Error"}).iter_errors(r.json))
