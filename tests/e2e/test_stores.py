"""Two stores that real cargo-nextest records into, and one daemon for both."""
import time

import pytest

from support import stores
from support.daemon import Daemon, eventually
from support.events import Stream


@pytest.fixture
def daemon(project, nxtraced_path, clean_env, tmp_path):
    given = ("--store", f"own={project.state}", "--store", f"ci={tmp_path / 'ci-state'}", "--rescan", "0")
    with Daemon(nxtraced_path, clean_env, tmp_path, *given, "--state-dir", str(tmp_path / "kept")) as d:
        yield d


def record(project, state):
    project.env["NEXTEST_STATE_DIR"] = str(state)
    project.record()


def runs(d):
    return [(r["workspace"]["store"], r["id"]) for r in d.get("/api/v1/runs").expect(200).json["runs"]]


def read(d, workspace, run):
    """The run's tests, once the index has read it."""
    where = f"/api/v1/workspaces/{workspace}/runs/{run}/tests?limit=1000"
    eventually(lambda: d.get(where).status == 200, "the index to have the run")
    return d.get(where).json


def test_two_stores_of_one_workspace(daemon, project, nxctl, tmp_path):
    """The same workspace is recorded in both; one is moved away and back while the other goes on."""
    own, ci = project.state, tmp_path / "ci-state"
    name = stores.encode(project.dir)
    with Stream(daemon) as events:
        record(project, own)
        first = events.until("run-finished").data
        assert (first["store"], first["workspace"]) == ("own", name)
        record(project, ci)
        second = events.until("run-finished").data
        assert (second["store"], second["workspace"]) == ("ci", name)
        assert runs(daemon) == [("ci", second["run"]), ("own", first["run"])]
        assert daemon.get("/api/v1/runs/latest").expect(200).json["id"] == second["run"]
        assert daemon.get(f"/api/v1/workspaces/{name}/runs").status == 409
        for store, run, state in (("own", first["run"], own), ("ci", second["run"], ci)):
            project.env["NEXTEST_STATE_DIR"] = str(state)
            trace = project.trace()
            assert daemon.get(f"/traces/{run}.json").expect(200).body == trace
            assert daemon.get(f"/workspaces/{store}:{name}/traces/latest.json").expect(200).body == trace
            document = read(daemon, f"{store}:{name}", run)
            assert document["run"]["counts"]["tests"] == 5 and document["run"]["workspace"]["store"] == store
            given = ("--store", f"own={own}", "--store", f"ci={ci}")
            assert nxctl("tests", "--json", "latest", "-w", f"{store}:{name}", *given).expect(0).json == document

        ci.rename(tmp_path / "away")
        gone = events.until("run-removed").data
        assert (gone["store"], gone["run"]) == ("ci", second["run"])
        record(project, own)
        third = events.until("run-finished").data
        assert third["store"] == "own"
        assert runs(daemon) == [("own", third["run"]), ("own", first["run"])]
        assert [bool(s["problem"]) for s in daemon.get("/api/v1/workspaces").json["stores"]] == [False, True]

        (tmp_path / "away").rename(ci)
        back = events.until("run-finished").data
        assert (back["store"], back["run"]) == ("ci", second["run"])
        record(project, ci)
        fourth = events.until("run-finished").data
        assert runs(daemon) == [("ci", fourth["run"]), ("own", third["run"]), ("ci", second["run"]), ("own", first["run"])]
        read(daemon, f"ci:{name}", second["run"])
        history = daemon.get(f"/api/v1/tests/seedlings/tests::fails/history?workspace=ci:{name}").expect(200).json
        end = time.monotonic() + 60
        while len(history["runs"]) < 2:
            assert time.monotonic() < end
            history = daemon.get(f"/api/v1/tests/seedlings/tests::fails/history?workspace=ci:{name}").expect(200).json
        assert [r["run"] for r in history["runs"]] == [fourth["run"], second["run"]]


def test_a_run_that_goes_on_in_each(daemon, project, tmp_path):
    """Both at once: each is told of as its store's."""
    (project.dir / "src/lib.rs").write_text(
        "#[test]\nfn slow() { std::thread::sleep(std::time::Duration::from_secs(3)); }\n")
    project.nextest("run", "--no-run", check=0)
    started = []
    try:
        with Stream(daemon) as events:
            for state in (project.state, tmp_path / "ci-state"):
                project.env["NEXTEST_STATE_DIR"] = str(state)
                started.append(project.start("run"))
            seen = {}
            while len(seen) < 2:
                e = events.until("run-progressed", lambda e: e.data["alive"] is True)
                seen[e.data["store"]] = e.data["run"]
            assert set(seen) == {"own", "ci"} and len(set(seen.values())) == 2
            for store, run in seen.items():
                where = f"/api/v1/workspaces/{store}:{stores.encode(project.dir)}/runs/{run}/running"
                assert daemon.get(where).expect(200).json["alive"] is True
                trace = daemon.get(f"/workspaces/{store}:{stores.encode(project.dir)}/traces/latest.json").expect(200)
                assert trace.header("Cache-Control") == "no-store" and "traceEvents" in trace.json
            ended = {}
            while len(ended) < 2:
                e = events.until("run-finished")
                ended[e.data["store"]] = e.data["run"]
            assert ended == seen
    finally:
        for p in started:
            p.kill() if p.poll() is None else None
            p.communicate()
