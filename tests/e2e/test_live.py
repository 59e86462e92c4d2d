"""Real cargo-nextest runs against a running daemon: what it tells of them while they go on."""
import os
import signal
import time
from pathlib import Path

import pytest

from support import stores
from support.cargo import USER_CONFIG, Project
from support.daemon import Daemon, eventually
from support.events import Stream

SLOW = """
#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    #[test]
    fn slow_one() {
        thread::sleep(Duration::from_secs(2));
    }

    #[test]
    fn slow_two() {
        thread::sleep(Duration::from_secs(2));
    }
}
"""

# So many that nextest's log reaches the disk before its end.
MANY = "macro_rules! many { ($($n:ident)*) => { $(#[test] fn $n() { std::thread::sleep(std::time::Duration::from_millis(5)); })* } }\nmany! { %s }\n"


@pytest.fixture
def project(tmp_path, clean_env, build_dir):
    p = Project(tmp_path, clean_env, build_dir)
    (p.dir / "src/lib.rs").write_text(SLOW)
    # Built before, so that a run begins at once.
    p.nextest("run", "--no-run", check=0)
    return p


@pytest.fixture
def daemon(project, nxtraced_path, clean_env, tmp_path):
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(project.state), "--rescan", "0") as d:
        yield d


def running(d, run):
    return d.get(f"/api/v1/runs/{run}/running").expect(200).json


@pytest.fixture
def going(project):
    """Starts nextest; kills what is left of it."""
    started = []

    def start(*words):
        p = project.start("run", "--no-fail-fast", "-j2", *words)
        started.append(p)
        return p

    yield start
    for p in started:
        for s in (signal.SIGCONT, signal.SIGKILL):
            if p.poll() is None:
                p.send_signal(s)
        p.communicate()


def nextest_pid(p):
    """`cargo nextest` starts cargo-nextest, or becomes it."""
    for child in Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split():
        if Path(f"/proc/{child}/comm").read_text().startswith("cargo-nextest"):
            return int(child)
    return p.pid


def test_a_run_from_start_to_end(project, daemon, going):
    with Stream(daemon) as s:
        p = going()
        e = s.until("run-started")
        run = e.data["run"]
        assert s.until("run-progressed").data["alive"] is True
        tests = eventually(lambda: (lambda t: t if len(t) == 2 else None)([
            t for t in running(daemon, run)["tests"] if t["test"].startswith("tests::slow")]), "both tests run")
        assert [t["test"] for t in tests] == ["tests::slow_one", "tests::slow_two"]
        assert sorted(t["slot"] for t in tests) == [0, 1]
        assert all(t["binary"] == "seedlings" and t["attempt"] == 1 and t["total_attempts"] == 3 and t["group"] == "@global" for t in tests)
        # The trace of nothing but a beginning is one already.
        assert daemon.get(f"/traces/{run}.json").expect(200).header("X-Nxtrace-Missing")
        assert p.wait(60) == 0
        e = s.until("run-finished")
        assert e.data["run"] == run and e.data["status"] == "completed" and e.data["exit_code"] == 0 and e.data["counts"]["failed"] == 0
        assert all(e.data["alive"] is not False for e in s.seen[:-1])
        assert running(daemon, run) == {"run": run, "alive": False, "tests": [], "problem": None}
        assert daemon.get(f"/traces/{run}.json").expect(200).body == project.trace()


def test_a_paused_and_a_killed_run(daemon, going):
    with Stream(daemon) as s:
        p = going()
        run = s.until("run-started").data["run"]
        s.until("run-progressed", lambda e: e.data["alive"] is True)
        eventually(lambda: running(daemon, run)["tests"], "a test runs")
        pid = nextest_pid(p)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(3)  # its tests are over by then
        assert running(daemon, run)["alive"] is True
        os.kill(pid, signal.SIGKILL)
        p.wait(60)
        e = s.until("run-progressed", lambda e: e.data["alive"] is not True)
        assert e.data["alive"] is False and e.data["status"] == "incomplete"
        assert not any(e.name == "run-finished" for e in s.seen)
        eventually(lambda: running(daemon, run) == {"run": run, "alive": False, "tests": [], "problem": None}, "it is told as dead")
    assert daemon.get(f"/api/v1/runs/{run}").expect(200).json["status"] == "incomplete"


def test_pruned_under_our_feet(project, daemon, going):
    with Stream(daemon) as s:
        runs = []
        for _ in range(2):
            assert going("-E", "binary(more)").wait(60) == 0
            runs.append(s.until("run-finished").data["run"])
        project.user_config.write_text(USER_CONFIG + "max-records = 1\n")
        project.nextest("store", "prune", check=0)
        assert s.until("run-removed").data["run"] == runs[0]
        assert [r["id"] for r in daemon.get("/api/v1/runs").json["runs"]] == runs[1:]


def test_two_workspaces_at_once(project, daemon, going, clean_env, build_dir, tmp_path):
    """Each run's events carry its own workspace, and its tests are told apart."""
    other = Project(tmp_path / "other", clean_env, build_dir)
    other.state = project.state
    other.env["NEXTEST_STATE_DIR"] = str(project.state)
    (other.dir / "src/lib.rs").write_text(SLOW.replace("slow_", "other_"))
    other.env["CARGO_TARGET_DIR"] = project.env["CARGO_TARGET_DIR"] + "-other"
    other.nextest("run", "--no-run", check=0)
    with Stream(daemon) as s:
        p = going("-E", "test(slow)")
        q = other.start("run", "-j2", "-E", "test(other_one)+test(other_two)")
        try:
            both = {}
            while len(both) < 2:
                e = s.until("run-started")
                both[e.data["workspace"]] = e.data["run"]
            seen = []
            for run in both.values():
                tests = eventually(lambda r=run: running(daemon, r)["tests"], "its tests run")
                seen.append({t["test"].rsplit("_", 1)[0] for t in tests})
            assert sorted(seen, key=min) == [{"tests::other"}, {"tests::slow"}]
            assert p.wait(60) == 0 and q.wait(60) == 0
        finally:
            if q.poll() is None:
                q.kill()
            q.communicate()
        ended = {s.until("run-finished").data["run"] for _ in range(2)}
        assert ended == set(both.values())


def test_the_store_is_moved_away_and_back(project, daemon, going):
    with Stream(daemon) as s:
        assert going("-E", "binary(more)").wait(60) == 0
        run = s.until("run-finished").data["run"]
        away = project.state.with_name("away")
        project.state.rename(away)
        assert s.until("run-removed").data["run"] == run
        assert daemon.get("/api/v1/runs").json["runs"] == []
        away.rename(project.state)
        assert s.until("run-finished").data["run"] == run
        assert going("-E", "binary(more)").wait(60) == 0
        assert s.until("run-finished").data["run"] != run


def test_a_log_that_reaches_the_disk_bit_by_bit(project, daemon, going, nxctl):
    """While it goes on: progress with counts, and at each of its lengths the trace that nxctl makes of it."""
    names = " ".join(f"quick_{n:03}" for n in range(300))
    (project.dir / "tests/more.rs").write_text(MANY % names)
    project.nextest("run", "--no-run", check=0)
    with Stream(daemon) as s:
        p = going("-E", "binary(more)")
        run = s.until("run-started").data["run"]
        log = next(iter(stores.runs_dirs(project.state).values())) / run / "run.log.zst"
        compared = 0
        while p.poll() is None:
            before = log.stat().st_size
            got = daemon.get(f"/traces/{run}.json").expect(200)
            want = nxctl("export", run, "--store", project.state)
            if before == log.stat().st_size and before > 0 and want.code == 106:
                assert got.body == want.out
                compared += 1
        assert p.returncode == 0
        s.until("run-finished", lambda e: e.data["counts"]["passed"] == 300)
        assert daemon.get(f"/traces/{run}.json").expect(200).body == project.trace()
    assert compared > 0
