"""The store changes while the daemon runs: nothing needs a restart, and nothing stale is served."""
import json
import os
import shutil

import pytest

from support import stores
from support.daemon import eventually

# Found by events alone; the slow rescan would come too late for these tests.
NO_RESCAN = ("--rescan", "0")


def runs(d):
    return [r["id"] for r in d.get("/api/v1/runs?limit=1000").expect(200).json["runs"]]


def put(src, dst):
    """Replaces a file as nextest replaces its list: by rename."""
    new = dst.with_name(dst.name + ".new")
    shutil.copyfile(src, new)
    new.rename(dst)


def test_a_store_that_appears(start, recordings, tmp_path):
    state = tmp_path / "deep" / "er" / "state"
    d = start("--store", state, *NO_RESCAN)
    assert runs(d) == []
    assert d.get("/traces/latest.json").expect(404).code == "no-store"
    shutil.copytree(recordings / "plain" / "state", state)
    eventually(lambda: len(runs(d)) == 3, "the store is found")
    d.get("/traces/latest.json").expect(200)


def test_a_store_that_appears_level_by_level(start, recordings, tmp_path):
    state = tmp_path / "state"
    d = start("--store", state, *NO_RESCAN)
    source = recordings / "plain" / "state"
    (runs_dir,) = stores.runs_dirs(source).values()
    target = state / runs_dir.relative_to(source)
    for level in [p for p in reversed(target.parents) if tmp_path in p.parents] + [target]:
        level.mkdir()
        d.get("/api/v1/workspaces").expect(200)
    for run in runs_dir.iterdir():
        if run.is_dir():
            shutil.copytree(run, target / run.name)
    put(runs_dir / "runs.json.zst", target / "runs.json.zst")
    eventually(lambda: len(runs(d)) == 3, "the runs are found")


def test_a_store_that_goes_and_comes_back(start, copy_state, recordings):
    state = copy_state("plain")
    d = start("--store", state, *NO_RESCAN)
    assert len(runs(d)) == 3
    shutil.rmtree(state)
    eventually(lambda: runs(d) == [], "the runs are gone")
    d.get("/traces/latest.json").expect(404)
    shutil.copytree(recordings / "plain" / "state", state)
    eventually(lambda: len(runs(d)) == 3, "they are back")
    state.rename(state.with_name("moved"))
    eventually(lambda: runs(d) == [], "they are gone again")
    state.with_name("moved").rename(state)
    eventually(lambda: len(runs(d)) == 3, "they are back again")
    d.get("/traces/latest.json").expect(200)


def test_runs_that_come_and_go(start, copy_state):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    d = start("--store", state, *NO_RESCAN)
    whole = stores.read_list(runs_dir)
    latest = d.get("/api/v1/runs/latest").json["id"]
    less = {**whole, "runs": [r for r in whole["runs"] if r["run-id"] != latest]}
    for _ in range(3):
        stores.write_list(runs_dir, less)
        eventually(lambda: len(runs(d)) == 2, "the run is gone")
        assert d.get(f"/traces/{latest}.json").expect(404).code == "not-found"
        assert d.get("/api/v1/runs/latest").json["id"] != latest
        stores.write_list(runs_dir, whole)
        eventually(lambda: len(runs(d)) == 3, "the run is back")
        d.get(f"/traces/{latest}.json").expect(200)


def test_a_workspace_that_comes(start, copy_state, recordings):
    state = copy_state("plain")
    d = start("--store", state, *NO_RESCAN)
    (other,) = stores.runs_dirs(recordings / "retries" / "state").values()
    shutil.copytree(other.parent.parent, state / "projects" / other.parent.parent.name)
    eventually(lambda: len(d.get("/api/v1/workspaces").json["workspaces"]) == 2, "the workspace is found")
    eventually(lambda: len(runs(d)) > 3, "its runs are found")


def test_a_list_that_breaks_and_is_mended(start, copy_state):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    d = start("--store", state, *NO_RESCAN)
    good = (runs_dir / "runs.json.zst").read_bytes()

    def problem():
        return d.get("/api/v1/workspaces").json["workspaces"][0]["problem"]

    (runs_dir / "runs.json.zst").write_bytes(b"garbage")
    eventually(problem, "the problem is told")
    assert len(runs(d)) == 3  # the last good ones are still shown
    d.get("/traces/latest.json").expect(200)
    d.get("/").expect(200)
    (runs_dir / "runs.json.zst").write_bytes(good)
    eventually(lambda: not problem(), "the problem is gone")


def test_files_that_go_without_a_word(start, copy_state):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    d = start("--store", state, *NO_RESCAN)
    latest = d.get("/api/v1/runs/latest").json["id"]
    d.get(f"/traces/{latest}.json").expect(200)
    os.unlink(runs_dir / latest / "run.log.zst")
    assert d.get(f"/traces/{latest}.json").expect(410).code == "gone"
    eventually(lambda: not d.get(f"/api/v1/runs/{latest}").json["files"]["log"], "the answer tells it")


def test_a_log_that_is_replaced_is_not_served_stale(start, copy_state, recordings, expected):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    d = start("--store", state, *NO_RESCAN)
    a, b = sorted(r for r in runs(d))[:2]
    first = d.get(f"/traces/{a}.json").expect(200)
    assert first.sha256 == expected("plain", a)
    put(runs_dir / b / "run.log.zst", runs_dir / a / "run.log.zst")
    second = d.get(f"/traces/{a}.json", If_None_Match=first.header("ETag")).expect(200)
    assert second.sha256 == expected("plain", b)
    assert second.header("ETag") != first.header("ETag")


def test_a_run_that_goes_on_then_ends(start, recordings, tmp_path):
    steps = ["1-just-begun", "2-first-flush", "3-second-flush", "4-ended"]
    live = recordings / "live"
    state = tmp_path / "state"
    shutil.copytree(live / steps[0] / "state", state)
    d = start("--store", state, *NO_RESCAN)
    (runs_dir,) = stores.runs_dirs(state).values()
    newest = max(stores.read_list(runs_dir)["runs"], key=lambda r: r["started-at"])["run-id"]
    whole = (live / steps[3] / "expected" / f"{newest}.binary.json")
    seen = []
    for step in steps[1:]:
        before = d.get("/traces/latest.json", Accept_Encoding="gzip")
        assert before.header("Cache-Control") == "no-store" and before.header("ETag") is None
        assert before.header("X-Nxtrace-Missing")
        got = d.get("/traces/latest.json").expect(200)
        assert got.header("Cache-Control") == "no-store"
        seen.append(got.body)
        (source,) = stores.runs_dirs(live / step / "state").values()
        # The log grows in place, as nextest writes it; the list is replaced at the end.
        with open(runs_dir / newest / "run.log.zst", "r+b") as f:
            f.write((source / newest / "run.log.zst").read_bytes())
        if step == steps[-1]:
            put(source / "runs.json.zst", runs_dir / "runs.json.zst")
        else:
            # Bytes that are there are served at once: of a log's growth nobody is told.
            assert len(json.loads(d.get("/traces/latest.json").expect(200).body)["traceEvents"]) > \
                len(json.loads(seen[-1])["traceEvents"])
    ended = eventually(lambda: (lambda g: g if g.header("ETag") else None)(d.get("/traces/latest.json")), "the run has ended")
    events = json.loads(ended.body)["traceEvents"]
    if whole.exists():
        assert ended.body == whole.read_bytes()
    assert ended.header("X-Nxtrace-Missing") is None
    for body in seen:
        cut = json.loads(body)["traceEvents"]
        assert events[:len(cut)] == cut
    assert d.get("/traces/latest.json", If_None_Match=ended.header("ETag")).status == 304


@pytest.mark.parametrize("name", ["list-an-array", "list-bad-json", "list-cut", "list-garbage", "list-is-a-folder", "list-missing",
                                  "list-lock-missing", "list-newer", "list-no-runs", "list-older", "bad-runs"])
def test_odd_lists(start, recordings, name):
    d = start("--store", recordings / "formats" / name / "state")
    for run in runs(d):
        assert d.get(f"/traces/{run}.json").status in (200, 410, 422)
    d.get("/").expect(200)
    d.get("/api/v1/workspaces").expect(200)


def test_a_lock_that_is_held(start, copy_state):
    import fcntl
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    with open(runs_dir / "runs.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        d = start("--store", state, *NO_RESCAN)
        assert d.get("/api/v1/workspaces").json["workspaces"][0]["problem"]
        locked = d.get("/traces/latest.json").expect(503)
        assert locked.code == "locked" and locked.header("Retry-After")
    eventually(lambda: len(runs(d)) == 3, "the list is read when nextest gives the lock back")


def test_sighup_and_the_slow_rescan(start, copy_state, recordings, tmp_path):
    # A symbolic link that is turned makes no event in any directory that is watched.
    import signal
    (tmp_path / "a").mkdir()
    link = tmp_path / "a" / "link"
    link.symlink_to(copy_state("no-tests"))
    d = start("--store", link, *NO_RESCAN)
    slow = start("--store", link, "--rescan", "1")
    before = runs(d)
    new = tmp_path / "a" / "new"
    new.symlink_to(copy_state("plain"))
    new.rename(link)
    d.running.process.send_signal(signal.SIGHUP)
    eventually(lambda: runs(d) != before, "SIGHUP makes it look")
    eventually(lambda: runs(slow) != before, "the rescan finds it")


def test_logs_that_are_no_files(start, copy_state):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    d = start("--store", state, *NO_RESCAN)
    ids = runs(d)
    for run, make in zip(ids, (os.mkdir, os.mkfifo, lambda p: os.symlink("/dev/zero", p))):
        os.unlink(runs_dir / run / "run.log.zst")
        make(runs_dir / run / "run.log.zst")
        assert d.get(f"/traces/{run}.json").status in (410, 422, 500)
    d.get("/healthz").expect(200)
