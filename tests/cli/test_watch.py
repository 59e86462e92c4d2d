"""nxctl watch: by the store and by a daemon, the same lines and exit statuses."""
import json
import signal

import pytest

from support.daemon import Daemon, eventually
from support.going import World, writer
from support.run import Running


@pytest.fixture
def world(copy_state):
    return World(copy_state("plain"))


class How:
    """The words that tell nxctl where to look."""

    def __init__(self, words, daemon=None):
        self.words, self.daemon = words, daemon

    def knows(self, run):
        """Waits until what is asked knows the run."""
        if self.daemon:
            eventually(lambda: self.daemon.get(f"/api/v1/runs/{run}").status == 200, "the daemon has seen the run")


@pytest.fixture(params=["store", "server"])
def how(request, world, nxtraced_path, clean_env, tmp_path):
    if request.param == "store":
        yield How(["--store", str(world.state), "--all"])
        return
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(world.state), "--no-index", "--rescan", "0") as d:
        yield How(["--server", f"http://{d.host}"], d)


@pytest.fixture
def watch(nxctl_path, clean_env, empty_dir, how):
    """watch("--exit-status") -> a running nxctl watch, ended by the test's end."""
    started = []

    def run(*words):
        r = Running([nxctl_path, "watch", "-v", *how.words, *words], clean_env, empty_dir)
        started.append(r.__enter__())
        return r

    yield run
    for r in started:
        r.__exit__(None, None, None)


def test_tells_what_happens(world, watch):
    w = watch("--json")
    w.wait_for("stderr", "watching")
    run = world.begin(1)
    w.wait_for("stdout", '"run-started"')
    world.end(run)
    w.wait_for("stdout", '"run-finished"')
    world.remove(run)
    w.wait_for("stdout", '"run-removed"')
    lines = [json.loads(x) for x in w.text["stdout"].decode().splitlines()]
    lines = [x for x in lines if x["event"] != "run-progressed"]
    assert [x["event"] for x in lines] == ["run-started", "run-finished", "run-removed"]
    assert {(x["run"], x["workspace"]) for x in lines} == {(run, world.workspace)}
    assert [x["exit_code"] is None for x in lines][:2] == [True, False]


def test_exits_as_the_run_did(world, watch, how):
    run = world.begin(1)
    how.knows(run)
    with writer(world.log(run)):
        w = watch("--exit-status")
        w.wait_for("stdout", "goes on")
        (entry,) = [r for r in world.list["runs"] if r["run-id"] == run]
        entry["status"] = {**world.model["status"], "exit-code": 100}
        world.write()
        assert w.wait() == 100
    out = w.text["stdout"].decode()
    assert "finished" in out and run[:8] in out and "exit status 100" in out


def test_waits_for_the_next_one_to_start(world, watch):
    w = watch("--exit-status")
    w.wait_for("stderr", "watching")
    run = world.begin(2, write=False)
    with writer(world.log(run)):  # else it would soon be told as dead
        world.write()
        w.wait_for("stdout", "started")
        other = world.begin(3, write=False)
        world.end(other)
        world.end(run)
        assert w.wait() == world.model["status"]["exit-code"]
    assert other[:8] not in w.text["stdout"].decode() and "waiting for one to start" in w.text["stderr"].decode()


def test_a_run_that_has_ended_already(world, watch):
    (first, *_) = world.list["runs"]
    code = first["status"]["exit-code"]
    assert watch(first["run-id"], "--exit-status").wait() == code
    assert watch(first["run-id"][:8]).wait() == 0
    assert watch("-R", first["run-id"]).wait() == 0


def test_a_run_whose_nextest_is_killed(world, watch, how):
    run = world.begin(1)
    how.knows(run)
    with writer(world.log(run)) as p:
        w = watch(run, "--exit-status")
        w.wait_for("stdout", "goes on")
        p.kill()
        p.wait()
        assert w.wait() == 106
    assert "its nextest is gone" in w.text["stderr"].decode() and "died" in w.text["stdout"].decode()


def test_a_run_that_is_removed(world, watch, how):
    run = world.begin(1)
    how.knows(run)
    with writer(world.log(run)):
        w = watch(run)
        w.wait_for("stdout", "goes on")
        world.remove(run)
        assert w.wait() == 96


@pytest.mark.parametrize("words, code, say", [(["ffffffff"], 96, "ffffffff"), (["xyz"], 2, "xyz")])
def test_no_such_run(watch, words, code, say):
    w = watch(*words)
    assert w.wait() == code
    assert say in w.text["stderr"].decode()


@pytest.mark.parametrize("url, code", [("https://127.0.0.1", 2), ("nothing", 2), ("http://", 2), ("http://127.0.0.1:x", 2),
                                       ("http://127.0.0.1:1", 96), ("http://[::1", 2), ("http://h/path", 2)])
def test_no_such_server(nxctl, url, code):
    r = nxctl("watch", "--server", url).expect(code)
    assert r.err.startswith("error: ") and r.out == b""


def test_a_daemon_that_ends(world, nxctl_path, nxtraced_path, clean_env, tmp_path, empty_dir):
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(world.state)) as d:
        with Running([nxctl_path, "watch", "-v", "--server", f"http://{d.host}"], clean_env, empty_dir) as w:
            w.wait_for("stderr", "watching")
            run = world.begin(1)
            w.wait_for("stdout", "started")
            assert d.stop() == 0 and w.wait() == 96
            assert "was stopped" in w.text["stderr"].decode()


def test_a_terminal_that_interrupts(world, watch):
    w = watch()
    w.wait_for("stderr", "watching")
    run = world.begin(1)
    w.wait_for("stdout", run[:8])
    w.process.send_signal(signal.SIGINT)
    assert w.wait(killed_by=(signal.SIGINT,)) == -signal.SIGINT
