"""GET /api/v1/events: what happens to runs, from where one was, to whom reads and to whom does not."""
import contextlib
import os
import resource
import signal
import socket
import time

import pytest

from support import stores
from support.daemon import eventually
from support.events import Stream
from support.going import World, writer

EVENTS = "/api/v1/events"
GROWING = "06b47e55-391f-42f9-b55e-62c436617e06/run.log.zst"
NO_RESCAN = ("--rescan", "0")


@pytest.fixture
def world(copy_state):
    return World(copy_state("plain"))


def test_headers(plain):
    with Stream(plain, Origin="https://ui.perfetto.dev") as s:
        head = dict((k.lower(), v) for k, v in s.response.getheaders())
        assert head["content-type"] == "text/event-stream" and head["cache-control"] == "no-store"
        assert head["access-control-allow-origin"] == "https://ui.perfetto.dev" and head["vary"] == "Origin"
        assert "content-length" not in head and s.first.name is None and s.first.id
    assert plain.get(EVENTS, "HEAD").expect(200).header("Content-Type") == "text/event-stream"
    assert plain.get(EVENTS, "OPTIONS").expect(204)
    assert plain.get(EVENTS, "POST").expect(405)
    for query in ("?x=1", "?after=a&after=b", "?after=%"):
        assert plain.get(EVENTS + query).expect(400).code == "usage"


def test_a_run_from_its_start_to_its_removal(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1)
        e = s.until("run-started")
        assert e.data == {"run": run, "store": "default", "workspace": world.workspace, "status": "incomplete", "alive": None}
        # Who hears of it finds it.
        assert d.get(f"/api/v1/runs/{run}").expect(200)
        world.end(run)
        e = s.until("run-finished")
        assert e.data["run"] == run and e.data["alive"] is False
        assert e.data["exit_code"] == world.model["status"]["exit-code"] and e.data["counts"]["passed"] > 0
        assert d.get(f"/api/v1/runs/{run}").expect(200).json["status"] == e.data["status"]
        world.remove(run)
        assert s.until("run-removed").data["run"] == run
        assert [e.id for e in s.seen] == sorted((e.id for e in s.seen), key=lambda i: int(i.split("-")[1]))


def test_a_run_that_was_quick_has_a_start_and_an_end(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1, write=False)
        world.end(run)
        assert [s.next().name, s.next().name] == ["run-started", "run-finished"]


def test_going_on_from_an_id(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        first = s.first.id
        runs = []
        for n in range(5):
            runs.append(world.begin(n, write=False))
            world.end(runs[-1])
            s.until("run-finished")
        ids = [e.id for e in s.seen]
    assert len(ids) == 10
    for known, target, headers in ((ids[3], EVENTS, {"Last_Event_ID": ids[3]}), (ids[3], f"{EVENTS}?after={ids[3]}", {}),
                                   (first, f"{EVENTS}?after={first}", {})):
        with Stream(d, target, **headers) as s:
            assert s.first.id == known and s.first.name is None
            rest = ids[ids.index(known) + 1:] if known in ids else ids
            assert [s.next().id for _ in rest] == rest
    with Stream(d, EVENTS + "?after=" + ids[-1]) as s:  # nothing is old: the next one that comes is new
        world.remove(runs[0])
        assert s.next().name == "run-removed"
    life = ids[0].split("-")[0]
    for bad in ("nonsense", f"{life}-99999", "1-1", f"{life}-1x", f"{life}-"):
        with Stream(d, f"{EVENTS}?after={bad}") as s:
            assert s.first.name == "reset" and s.first.id.startswith(life)


def test_too_much_at_once_is_a_reset(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        for n in range(300):
            world.begin(n, write=False)
        world.write()
        assert s.next().name == "reset"


def test_too_old_an_id_is_a_reset(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        for turn in range(8):
            for n in range(200):
                run = world.begin(n, write=False)
            world.write()
            s.until("run-started", lambda e: e.data["run"] == run)
            world.list["runs"] = world.list["runs"][:-200]
            world.write()
            s.until("run-removed", lambda e: e.data["run"] == run)
        ids = [e.id for e in s.seen]
    assert len(ids) == 8 * 400 or any(e.name == "run-progressed" for e in s.seen)
    with Stream(d, EVENTS + "?after=" + ids[0]) as s:
        assert s.first.name == "reset" and s.first.id == ids[-1]
    with Stream(d, EVENTS + "?after=" + ids[-1000]) as s:
        assert [s.next().id for _ in range(999)] == ids[-999:]


def test_a_log_that_grows_is_progress(start, world, recordings):
    """With counts by the index, and the tests so far in its answers."""
    steps = [next((recordings / "live" / step / "state").rglob(GROWING)).read_bytes()
             for step in ("2-first-flush", "3-second-flush", "4-ended")]
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1)
        s.until("run-started")
        with writer(world.log(run)):
            s.until("run-progressed", lambda e: e.data["alive"])
            counts = [None]
            for log in steps:
                with open(world.log(run), "ab") as f:
                    f.write(log[f.tell():])
                e = s.until("run-progressed", lambda e: e.data["log_bytes"] == len(log) and e.data.get("counts", {}).get("tests")
                            and e.data["counts"] != counts[-1])
                counts.append(e.data["counts"])
                tests = d.get(f"/api/v1/runs/{run}/tests?limit=1000").expect(200).json
                assert len(tests["tests"]) == min(1000, e.data["counts"]["tests"])
            done = [c["executions"] - c["running"] for c in counts[1:]]
            assert done == sorted(done) and done[0] > 0 and counts[-1]["running"] == 0
        world.end(run)
        s.until("run-finished")


def test_progress_without_an_index(start, world, recordings):
    log = next((recordings / "live" / "2-first-flush" / "state").rglob(GROWING)).read_bytes()
    d = start("--store", world.state, "--no-index", *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1)
        with writer(world.log(run)):
            s.until("run-progressed", lambda e: e.data["alive"])
            world.log(run).write_bytes(log)
            e = s.until("run-progressed", lambda e: e.data["log_bytes"] == len(log))
            assert "counts" not in e.data


def test_who_writes_the_log_is_alive(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1)
        with writer(world.log(run)) as p:
            assert s.until("run-progressed").data["alive"] is True
            p.send_signal(signal.SIGSTOP)
            time.sleep(1.5)  # paused is not dead
            p.kill()
            p.wait()
            e = s.until("run-progressed", lambda e: e.data["alive"] is not True)
        assert e.data["run"] == run and e.data["alive"] is False and e.data["status"] == "incomplete"
    d.stop()
    assert f"run {run} of {world.workspace} will not end" in d.running.text["stderr"].decode()


def test_no_procs_tells_nothing_of_life(start, world):
    d = start("--store", world.state, "--no-procs", "--no-index", *NO_RESCAN)
    with Stream(d) as s:
        run = world.begin(1)
        assert s.until("run-started").data["alive"] is None
        time.sleep(1.3)
        world.end(run)
        assert s.next().name == "run-finished"


def context_switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as f:
            total += sum(int(x.split()[1]) for x in f if "ctxt_switches" in x)
    return total


@pytest.mark.parametrize("dead", [False, True])
def test_an_idle_daemon_does_not_wake_up(start, world, dead):
    """Also when there is a run whose nextest was killed."""
    if dead:
        world.begin(1)
    d = start("--store", world.state, *NO_RESCAN)
    deadline = time.monotonic() + 30
    while True:
        before = context_switches(d.pid)
        time.sleep(2)
        if context_switches(d.pid) == before:
            return
        assert time.monotonic() < deadline, "it wakes up again and again"


def test_streams_end_with_the_daemon(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(Stream(d)) for _ in range(20)]
        began = time.monotonic()
        assert d.stop() == 0
        assert time.monotonic() - began < 5
        assert all(s.next() is None for s in streams)


def raise_files(n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(n, hard), hard))


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(x.split()[1]) for x in f if x.startswith("VmRSS"))


def sanitized(pid):
    with open(f"/proc/{pid}/maps") as f:
        return "libasan" in f.read()


def silent(d):
    """A listener that takes in as little as the kernel lets it, and reads nothing."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.settimeout(30)
    s.connect(d.address)
    s.sendall(f"GET {EVENTS} HTTP/1.1\r\nHost: {d.host}\r\n\r\n".encode())
    return s


def sockets(d):
    n = 0
    for f in os.listdir(f"/proc/{d.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            n += os.readlink(f"/proc/{d.pid}/fd/{f}").startswith("socket:")
    return n


def test_a_thousand_that_never_read(start, world):
    raise_files(2500)
    n = min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    d = start("--store", world.state, *NO_RESCAN)
    with contextlib.ExitStack() as stack:
        for _ in range(n):
            stack.enter_context(silent(d))
        eventually(lambda: sockets(d) > n, "all are connected")
        with Stream(d) as s:
            turns = 0
            before = resident(d.pid)
            while sockets(d) > n // 2:
                assert turns < 40, "those who lag are not dropped"
                for k in range(120):
                    run = world.begin(k, write=False)
                    world.end(run, write=False)
                world.write()
                s.until("run-finished", lambda e: e.data["run"] == run)
                world.list["runs"] = world.list["runs"][:-120]
                world.write()
                s.until("run-removed", lambda e: e.data["run"] == run)
                turns += 1
            assert d.get("/healthz").expect(200)
            # The ring and libmicrohttpd's buffers. AddressSanitizer gives nothing back for a while.
            assert resident(d.pid) - before < 24 * 1024 or sanitized(d.pid)
        eventually(lambda: sockets(d) < 10, "all of them are dropped")


def test_silent_listeners_hold_no_end_up(start, world):
    d = start("--store", world.state, *NO_RESCAN)
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(silent(d))
        with Stream(d) as s:
            for turn in range(4):
                for k in range(120):
                    run = world.begin(k, write=False)
                    world.end(run, write=False)
                world.write()
                s.until("run-finished", lambda e: e.data["run"] == run)
                world.list["runs"] = world.list["runs"][:-120]
                world.write()
                s.until("run-removed", lambda e: e.data["run"] == run)
        began = time.monotonic()
        assert d.stop() == 0
        assert time.monotonic() - began < 5
