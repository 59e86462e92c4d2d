"""--keep-recordings and retention: what nextest prunes is served as before, until it goes."""
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from support import stores
from support.daemon import eventually
from support.events import Stream

FORMS = ("json", "slot.json", "pretty.json")


def archive_of(env, store="default"):
    return Path(env["XDG_STATE_HOME"]) / "nxtrace" / "kept" / store


def kept_list(archive, workspace):
    runs_dir = archive / "projects" / workspace / "records" / "runs"
    return [r["run-id"] for r in stores.read_list(runs_dir)["runs"]] if (runs_dir / "runs.json.zst").exists() else []


def log_of(d):
    return d.running.report()


class World:
    """A store with six runs and a daemon that keeps them."""

    def __init__(self, start, copy_state, env):
        self.start, self.env, self.state, self.archive = start, env, copy_state("retries"), archive_of(env)
        ((self.workspace, self.runs_dir),) = stores.runs_dirs(self.state).items()
        self.runs = [r["run-id"] for r in stores.read_list(self.runs_dir)["runs"]]  # oldest first
        assert len(self.runs) == 6

    def daemon(self, *args):
        return self.start("--store", self.state, "--rescan", "0", *args)

    def keeping(self, *args):
        d = self.daemon("--keep-recordings", "-v", *args)
        self.all_kept()
        return d

    def all_kept(self):
        eventually(lambda: kept_list(self.archive, self.workspace) == self.runs, "all are kept")

    def prune(self, *runs):
        """As nextest does: all of them at once."""
        document = stores.read_list(self.runs_dir)
        document["runs"] = [r for r in document["runs"] if r["run-id"] not in runs]
        stores.write_list(self.runs_dir, document)
        for run in runs:
            shutil.rmtree(self.runs_dir / run)


@pytest.fixture
def world(start, copy_state, clean_env):
    return World(start, copy_state, clean_env)


def answers(d, runs):
    """All that is to be had of these runs."""
    got = {}
    for run in runs:
        for form in FORMS:
            got[run, form] = d.get(f"/traces/{run}.{form}").expect(200).body
        got[run, "tests"] = d.get(f"/api/v1/runs/{run}/tests?limit=1000").expect(200).body
        for row in json.loads(got[run, "tests"])["tests"]:
            target = f"/api/v1/runs/{run}/tests/{row['binary']}/{row['test']}/output"
            done = d.get(target)
            got[target] = done.status, done.body
    return got


def document(d, run):
    return d.get(f"/api/v1/runs/{run}").expect(200).json


def test_as_before_the_prune(world):
    d = world.keeping()
    eventually(lambda: "6 logs read" in log_of(d), "the index is whole")
    before, listed = answers(d, world.runs), d.get("/api/v1/runs").json
    documents = {run: document(d, run) for run in world.runs}
    assert any(b'"output"' in body or body for status, body in (v for v in before.values() if isinstance(v, tuple)) if status == 200)
    with Stream(d) as s:
        world.prune(*world.runs[:4])
        eventually(lambda: sum(r["kept"] for r in d.get("/api/v1/runs").json["runs"]) == 4, "four are shown as kept")
        assert answers(d, world.runs) == before
        for i, run in enumerate(world.runs):
            assert document(d, run) == {**documents[run], "kept": i < 4}
        after = d.get("/api/v1/runs").json
        assert [{**r, "kept": False} for r in after["runs"]] == listed["runs"]
        assert d.get("/api/v1/runs?pruned=yes").json["runs"] == after["runs"]
        # Nobody was told that a run had gone, or come: the next event is that of the whole workspace.
        shutil.rmtree(world.archive / "projects" / world.workspace)
        stores.write_list(world.runs_dir, {"format-version": 2, "runs": []})
        assert {s.until("run-removed").data["run"] for _ in range(6)} == set(world.runs)
        assert [e.name for e in s.seen] == ["run-removed"] * 6
    assert re.findall(r"(\d+) logs read", log_of(d))[-1] == "6"
    assert re.search(r"kept 6 runs of /src/seedlings: \d+ bytes", log_of(d))


def test_nothing_is_linked_and_nothing_of_nextests_changes(world):
    def look():
        return {p: (p.stat().st_ino, p.stat().st_nlink, p.stat().st_mtime_ns, p.stat().st_ctime_ns) for p in sorted(world.state.rglob("*"))}
    before = look()
    world.keeping()
    assert look() == before
    files = [p for p in world.archive.rglob("*") if p.is_file()]
    assert all(p.stat().st_nlink == 1 for p in files)
    for run in world.runs:
        for name in ("run.log.zst", "store.zip"):
            (copy,) = [p for p in files if p.name == name and p.parent.name == run]
            assert copy.read_bytes() == (world.runs_dir / run / name).read_bytes()


def test_the_list_is_nextests_own_text(world):
    world.keeping()
    runs_dir = world.archive / "projects" / world.workspace / "records" / "runs"
    theirs = stores.unzstd((world.runs_dir / "runs.json.zst").read_bytes())
    ours = stores.unzstd((runs_dir / "runs.json.zst").read_bytes())
    assert re.sub(rb'  "last-pruned-at": [^\n]*\n', b"", theirs) == ours


def test_goes_on_without_the_option_and_without_an_index(world):
    d = world.keeping()
    before = {run: d.get(f"/traces/{run}.json").expect(200).body for run in world.runs}
    assert d.stop() == 0
    world.prune(*world.runs[:5])
    for args in ([], ["--no-index"], ["--keep-recordings", "--no-index"]):
        d = world.daemon(*args)
        assert [r["kept"] for r in d.get("/api/v1/runs").json["runs"]] == [False] + [True] * 5
        assert {run: d.get(f"/traces/{run}.json").expect(200).body for run in world.runs} == before
        assert d.stop() == 0


def test_latest_and_prefixes_are_of_all(world):
    d = world.keeping()
    newest = document(d, "latest")["id"]
    world.prune(newest)
    eventually(lambda: document(d, newest)["kept"], "it is a kept one")
    assert document(d, "latest")["id"] == newest
    assert document(d, document(d, newest)["prefix"])["id"] == newest
    page = d.get("/api/v1/runs?limit=1").json
    assert [r["id"] for r in page["runs"]] == [newest]
    rest = d.get(f"/api/v1/runs?limit=10&after={page['next']}").json
    assert len(rest["runs"]) == 5


def test_a_workspace_that_nextest_has_no_more(world):
    d = world.keeping()
    shutil.rmtree(world.state / "projects" / world.workspace)
    eventually(lambda: all(r["kept"] for r in d.get("/api/v1/runs").json["runs"]), "all are kept ones")
    (ws,) = d.get("/api/v1/workspaces").json["workspaces"]
    assert ws["name"] == world.workspace and ws["problem"] is None
    assert len(d.get("/api/v1/runs").json["runs"]) == 6
    d.get("/traces/latest.json").expect(200)


def test_names_that_were_cut(start, copy_state, clean_env):
    """A workspace whose path is only in its recordings keeps it."""
    state, archive = copy_state("two-projects"), archive_of(clean_env)
    wanted = {name: [r["run-id"] for r in stores.read_list(d)["runs"]] for name, d in stores.runs_dirs(state).items()}
    assert any(len(name.encode()) > 92 for name in wanted)
    d = start("--store", state, "--keep-recordings")
    eventually(lambda: {w: kept_list(archive, w) for w in wanted} == wanted, "all are kept")
    before = d.get("/api/v1/workspaces").json["workspaces"]
    d.stop()
    shutil.rmtree(state / "projects")
    after = start("--store", state).get("/api/v1/workspaces").json["workspaces"]
    assert [(w["name"], w["path"]) for w in after] == [(w["name"], w["path"]) for w in before]
    assert all(w["path"] for w in after if len(w["name"].encode()) > 92)


def test_several_stores(start, copy_state, clean_env):
    """Each has an archive of its own, which goes with it when it gets another name."""
    states = {"a": copy_state("plain"), "b": copy_state("retries")}
    args = [w for name, state in states.items() for w in ("--store", f"{name}={state}")]
    d = start(*args, "--keep-recordings")
    lists = {name: next(iter(stores.runs_dirs(state).items())) for name, state in states.items()}
    for name, (workspace, runs_dir) in lists.items():
        runs = [r["run-id"] for r in stores.read_list(runs_dir)["runs"]]
        eventually(lambda: kept_list(archive_of(clean_env, name), workspace) == runs, "all are kept")
        stores.write_list(runs_dir, {"format-version": 2, "runs": []})
    eventually(lambda: [r["kept"] for r in d.get("/api/v1/runs").json["runs"]] == [True] * 9, "all are kept ones")
    assert {r["workspace"]["store"] for r in d.get("/api/v1/runs").json["runs"]} == {"a", "b"}
    d.stop()
    d = start("--store", f"other={states['b']}")
    assert [r["kept"] for r in d.get("/api/v1/runs").json["runs"]] == [True] * 6


def test_another_store_of_the_same_name(world, start, copy_state):
    world.keeping().stop()
    other = copy_state("plain")
    d = start("--store", other, "--keep-recordings")
    eventually(lambda: "holds recordings of another store" in log_of(d), "it says so")
    assert len(d.get("/api/v1/runs").json["runs"]) == 3
    assert kept_list(world.archive, world.workspace) == world.runs
    assert str(world.state) in log_of(d)


def test_two_daemons_on_one_archive(world):
    world.keeping()
    second = world.daemon("--keep-recordings")
    eventually(lambda: "another nxtraced keeps recordings there" in log_of(second), "it says so")


def test_what_a_kill_left_goes(world):
    world.keeping().stop()
    runs_dir = world.archive / "projects" / world.workspace / "records" / "runs"
    shutil.copytree(runs_dir / world.runs[0], runs_dir / f".new-{world.runs[0]}")
    orphan = "00000000-0000-4000-8000-000000000001"
    shutil.copytree(runs_dir / world.runs[0], runs_dir / orphan)
    d = world.keeping()
    eventually(lambda: "removed 2 unfinished copies" in log_of(d), "they are gone")
    assert sorted(p.name for p in runs_dir.iterdir() if p.is_dir()) == sorted(world.runs)


def test_a_recording_that_is_not_whole(world):
    log = world.runs_dir / world.runs[2] / "run.log.zst"
    os.truncate(log, log.stat().st_size - 1)
    d = world.daemon("--keep-recordings")
    world.runs.remove(world.runs[2])
    world.all_kept()
    eventually(lambda: "1 recordings of /src/seedlings are not whole" in log_of(d), "it says so")
    assert str(log.parent.name) in log_of(d) and "but the run list says" in log_of(d)


def test_a_run_that_was_killed(world, recordings):
    document = stores.read_list(world.runs_dir)
    run = document["runs"][-1]
    run["status"] = {"status": "incomplete"}
    stores.write_list(world.runs_dir, document)
    d = world.daemon("--keep-recordings")
    world.all_kept()  # it has been dead for years
    trace = d.get(f"/traces/{run['run-id']}.json").expect(200).body
    world.prune(run["run-id"])
    eventually(lambda: d.get(f"/api/v1/runs/{run['run-id']}").expect(200).json["kept"], "it is a kept one")
    assert d.get(f"/traces/{run['run-id']}.json").expect(200).body == trace


# --- retention ---

def test_the_oldest_go(world):
    d = world.keeping("--retain-runs", "2")
    eventually(lambda: "6 logs read" in log_of(d), "the index is whole")
    with Stream(d) as s:
        world.prune(*world.runs[:4])
        assert {s.until("run-removed").data["run"] for _ in range(2)} == set(world.runs[:2])
        world.runs = world.runs[2:]
        world.all_kept()
        eventually(lambda: len(d.get("/api/v1/runs?pruned=yes").json["runs"]) == 4, "the index has forgotten them")
        assert [e.name for e in s.seen] == ["run-removed"] * 2
    assert [r["kept"] for r in d.get("/api/v1/runs").json["runs"]] == [False, False, True, True]
    assert re.search(r"removed 2 kept runs of /src/seedlings: \d+ bytes; by age 0, by number 2, by size 0", log_of(d))
    assert "forgot 2 runs" in log_of(d)
    runs_dir = world.archive / "projects" / world.workspace / "records" / "runs"
    assert sorted(p.name for p in runs_dir.iterdir() if p.is_dir()) == sorted(world.runs)


def size_of(run_dir):
    return sum(p.stat().st_size for p in run_dir.iterdir())


def test_by_size_the_recording_goes_and_the_history_stays(world):
    sizes = [size_of(world.runs_dir / run) for run in world.runs]
    d = world.keeping("--retain-size", str(sizes[3] + sizes[2]))
    eventually(lambda: "6 logs read" in log_of(d), "the index is whole")
    gone = world.runs[:2]
    world.prune(*world.runs[:4])
    world.runs = world.runs[2:]
    world.all_kept()
    eventually(lambda: len(d.get("/api/v1/runs").json["runs"]) == 4, "two are gone")
    eventually(lambda: [r["id"] for r in d.get("/api/v1/runs?pruned=yes").json["runs"] if not r["on_disk"]] == gone[::-1], "and remembered")
    assert "by age 0, by number 0, by size 2" in log_of(d)


def test_what_would_go_at_once_is_not_copied(world):
    d = world.daemon("--keep-recordings", "--retain-age", "1h", "-v")
    eventually(lambda: "6 logs read" in log_of(d), "the index is whole")
    world.prune(world.runs[0])
    eventually(lambda: len(d.get("/api/v1/runs?pruned=yes").json["runs"]) == 5, "it is forgotten")
    assert "forgot 1 runs" in log_of(d)
    assert kept_list(world.archive, world.workspace) == []
    assert len(d.get("/api/v1/runs").json["runs"]) == 5


def test_history_alone(world):
    """Without --keep-recordings the bounds are of what the index remembers."""
    d = world.daemon("--retain-runs", "1", "-v")
    eventually(lambda: "6 logs read" in log_of(d), "the index is whole")
    world.prune(*world.runs[:3])
    eventually(lambda: [r["id"] for r in d.get("/api/v1/runs?pruned=yes").json["runs"]] == world.runs[:1:-1], "the newest is left")
    assert not world.archive.exists()


def test_kept_ones_go_without_the_option_too(world):
    world.keeping().stop()
    world.prune(*world.runs[:4])
    d = world.daemon("--retain-runs", "1")
    world.runs = world.runs[3:]
    world.all_kept()
    eventually(lambda: len(d.get("/api/v1/runs").json["runs"]) == 3, "three are gone")


def test_a_list_that_cannot_be_read_lets_nothing_go(world):
    world.keeping().stop()
    (world.runs_dir / "runs.json.zst").write_bytes(b"garbage")
    d = world.daemon("--retain-runs", "0", "-v")
    assert all(r["kept"] for r in d.get("/api/v1/runs").json["runs"])
    orphans = {p.name for p in (world.archive / "projects" / world.workspace / "records" / "runs").iterdir() if p.is_dir()}
    assert orphans == set(world.runs)
    world.all_kept()


@pytest.mark.parametrize("words, what", [
    (["--retain-age", "3m"], "not an age"), (["--retain-age", ""], "not an age"), (["--retain-age", "-1"], "not an age"),
    (["--retain-age", "1dd"], "not an age"), (["--retain-runs", "x"], "not a number of runs"),
    (["--retain-size", "1Q"], "not a number of bytes"), (["--retain-size", ""], "not a number of bytes"),
])
def test_bad_bounds(start, words, what):
    d = start(*words, wait=False)
    assert d.running.process.wait(10) == 2
    eventually(lambda: what in log_of(d), "it says so")
