"""Several stores: the same bytes from the daemon and nxctl, and what tells their runs apart."""
import json
import time
import urllib.parse

import pytest

from support import schemas, stores
from support.answers import Answers
from support.daemon import Daemon

SHARED = "_ssrc_sseedlings"


@pytest.fixture
def three(copy_state, recordings, nxtraced_path, nxctl, clean_env, empty_dir, tmp_path):
    """`one` and `two` hold the same workspace and some of the same runs, `three` another workspace."""
    one, two = copy_state("retries"), copy_state("retries")
    runs = [r["run-id"] for r in stores.read_list(stores.runs_dirs(one)[SHARED])["runs"]]
    stores.drop_run(stores.runs_dirs(one)[SHARED], runs[0])
    for r in runs[2:-1]:
        stores.drop_run(stores.runs_dirs(two)[SHARED], r)
    given = ["--store", f"one={one}", "--store", f"two={two}", "--store", f"three={recordings / 'plain' / 'state'}"]
    with Daemon(nxtraced_path, clean_env, empty_dir, *map(str, given), "--state-dir", str(tmp_path / "kept")) as daemon:
        a = Answers(daemon, nxctl, None, tmp_path / "kept" / "index.db", given)
        a.only_two, a.both, a.dirs = runs[0], runs[1], {"one": one, "two": two}
        end = time.monotonic() + 60
        while not a.index.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        yield a


def read_all(a):
    runs = json.loads(a.http("RUNS", limit=1000)[1])["runs"]
    for run in runs:
        w = run["workspace"]
        a.http("TESTS", run=run["id"], workspace=f"{w['store']}:{w['name']}", limit=1)
    return runs


def test_every_question(three):
    """With workspaces named in full, by name alone, and not at all."""
    runs = read_all(three)
    assert {r["workspace"]["store"] for r in runs} == {"one", "two", "three"}
    names = sorted({f"{r['workspace']['store']}:{r['workspace']['name']}" for r in runs})
    assert len(names) == 3
    for question in ("FLAKY", "SLOWEST", "RUNS"):
        three.same(question, limit=1000)
        three.same(question, limit=2)
        for name in names:
            assert three.same(question, workspace=name, limit=1000) is not None
    three.same("SEARCH", text="", limit=1000)
    three.same("RUNS", profile="default", limit=3)
    for run in runs:
        w = run["workspace"]
        place = {"run": run["id"], "workspace": f"{w['store']}:{w['name']}"}
        assert three.same("RUN", **place)["workspace"] == w
        doc = three.same("TESTS", **place, limit=3)
        assert doc["run"]["workspace"] == w
        t = doc["tests"][0]
        for args in ({}, {"workspace": place["workspace"]}):
            three.same("HISTORY", binary=t["binary"], test=t["test"], **args)
        three.same("OUTPUT", **place, binary=t["binary"], test=t["test"])
        three.same("COMPARE", base=run["id"], head="latest", workspace=place["workspace"])


def test_pages_over_stores(three):
    """A run that is in two stores stands once for each, also at the edge of a page."""
    runs = read_all(three)
    ids = [(r["id"], r["workspace"]["store"]) for r in runs]
    assert len(ids) == len(set(ids)) and (three.both, "one") in ids and (three.both, "two") in ids
    for limit in (1, 2, 3):
        got, after = [], {}
        while True:
            doc = three.same("RUNS", limit=limit, **after)
            got += [(r["id"], r["workspace"]["store"]) for r in doc["runs"]]
            if doc["next"] is None:
                break
            after = {"after": doc["next"]}
        assert got == ids


def test_what_is_ambiguous(three):
    read_all(three)
    for question, args in (("RUNS", {}), ("FLAKY", {}), ("TESTS", {"run": "latest"}), ("RUN", {"run": "latest"})):
        status, body = three.http(question, workspace=SHARED, **args)
        error = json.loads(body)["error"]
        assert (status, error["code"]) == (409, "ambiguous") and "STORE:NAME" in error["hint"]
        assert f"\n  one:{SHARED}\n  two:{SHARED}" in error["message"]
        assert three.same(question, workspace=SHARED, **args) is None
    for question in ("RUN", "TESTS"):
        status, body = three.http(question, run=three.both)
        error = json.loads(body)["error"]
        assert (status, error["code"]) == (409, "ambiguous")
        assert f"one:{SHARED}" in error["message"] and f"two:{SHARED}" in error["message"]
        assert error["hint"] == "choose a workspace, as STORE:NAME"
        assert three.same(question, run=three.both) is None
    r = three.ours("RUN", run=three.both).expect(96)
    assert "STORE:NAME" in r.err
    # What one store has alone needs no more than before.
    assert three.same("RUN", run=three.only_two)["workspace"]["store"] == "two"
    assert three.same("RUNS", workspace="_ssrc_sorchard")["runs"]
    prefix = next(r for r in read_all(three) if r["id"] == three.only_two)["prefix"]
    assert three.same("RUN", run=prefix)["id"] == three.only_two
    both = [r["prefix"] for r in read_all(three) if r["id"] == three.both]
    assert both == [three.both] * 2
    for question, args in (("RUNS", {"workspace": f"four:{SHARED}"}), ("RUN", {"workspace": "one:_no", "run": "latest"}),
                           ("FLAKY", {"workspace": ":"})):
        status, body = three.http(question, **args)
        assert (status, json.loads(body)["error"]["code"]) == (404, "not-found")
        assert three.ours(question, **args).code == 96


def test_latest_is_of_all_that_are_asked_for(three):
    runs = read_all(three)
    assert three.same("RUN", run="latest")["id"] == runs[0]["id"]
    for store in ("one", "two"):
        newest = next(r for r in runs if r["workspace"]["store"] == store)
        assert three.same("RUN", run="latest", workspace=f"{store}:{SHARED}")["id"] == newest["id"]


def test_traces_and_live_routes(three):
    read_all(three)
    path = f"/traces/{three.both}.json"
    assert three.daemon.get(path).status == 409
    bodies = {three.daemon.get(f"/workspaces/{s}:{SHARED}{path}").expect(200).body for s in ("one", "two")}
    quoted = urllib.parse.quote(f"two:{SHARED}", safe="")
    bodies.add(three.daemon.get(f"/workspaces/{quoted}{path}").expect(200).body)
    bodies.add(three.nxctl("export", three.both, "-w", f"two:{SHARED}", *three.stores).expect(0).out)
    assert len(bodies) == 1
    running = three.daemon.get(f"/api/v1/workspaces/two:{SHARED}/runs/{three.both}/running").expect(200).json
    assert running["alive"] is False
    assert three.daemon.get(f"/api/v1/runs/{three.both}/running?workspace=one:{SHARED}").expect(200).json == running


def test_a_filter_by_store(three):
    read_all(three)
    for store in ("one", "two", "three"):
        for more in ({}, {"profile": "default"}, {"limit": 1}, {"limit": 1, "profile": "default"}, {"pruned": "yes"}):
            everything = json.loads(three.http("RUNS", **{**more, "limit": 1000})[1])["runs"]
            want = [r for r in everything if r["workspace"]["store"] == store]
            doc = json.loads(three.http("RUNS", store=store, **more)[1])
            assert doc["runs"] == want[:more.get("limit", 1000)] and want, (store, more)
    assert json.loads(three.http("RUNS", store="one", workspace=SHARED)[1])["runs"]
    status, body = three.http("RUNS", store="four")
    assert status == 404 and "one, two, three" in json.loads(body)["error"]["hint"]
    status, body = three.http("RUNS", store="four", pruned="yes")
    assert status == 404


def test_workspaces_and_problems(three):
    """One store that is away is its own problem."""
    doc = json.loads(three.http("WORKSPACES")[1])
    assert [s["name"] for s in doc["stores"]] == ["one", "two", "three"] and doc["problem"] is None
    shown = [(w["store"], w["name"]) for w in doc["workspaces"]]
    assert shown == [("three", "_ssrc_sorchard"), ("one", SHARED), ("two", SHARED)]
    three.dirs["two"].rename(three.dirs["two"].with_name("away"))
    end = time.monotonic() + 30
    while not (doc := json.loads(three.http("WORKSPACES")[1]))["problem"]:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert [bool(s["problem"]) for s in doc["stores"]] == [False, True, False]
    assert doc["problem"] == doc["stores"][1]["problem"] and doc["problem"]["code"] == "no-store"
    runs = json.loads(three.http("RUNS")[1])
    assert {r["workspace"]["store"] for r in runs["runs"]} == {"one", "three"}
    assert [(p["store"], p["workspace"], p["error"]["code"]) for p in runs["problems"]] == [("two", None, "no-store")]
    r = three.ours("RUNS", limit=1000)
    assert json.loads(r.out) == runs and r.code == 96 and "no nextest state directory there" in r.err
    assert three.same("RUN", run=three.both)["workspace"]["store"] == "one", "the others go on"
    error = json.loads(three.http("RUN", run=three.only_two)[1])["error"]
    assert error["code"] == "not-found" and "the store `two` could not be read" in error["hint"]
    if schemas.validator("RUNS"):
        assert not list(schemas.validator("WORKSPACES").iter_errors(doc))
        assert not list(schemas.validator("RUNS").iter_errors(runs))
