"""Traces of runs that go on: at every length of the log what nxctl makes of it, and at the cost of what is new."""
import json
import os
import threading

import pytest

from support import stores
from support.daemon import eventually

FORMS = [("", []), (".slot", ["--group-by", "slot"]), (".pretty", ["--message-format", "json-pretty"]),
         (".slot.pretty", ["--group-by", "slot", "--message-format", "json-pretty"]),
         (".perfetto", ["--for-perfetto"]),
         (".slot.pretty.perfetto", ["--group-by", "slot", "--message-format", "json-pretty", "--for-perfetto"])]
RUN = "06b47e55-391f-42f9-b55e-62c436617e06"


@pytest.fixture
def live(copy_state, recordings):
    """(state, runs folder, the whole log): a run whose log is empty yet."""
    state = copy_state("live/1-just-begun")
    (runs_dir,) = stores.runs_dirs(state).values()
    (ended,) = stores.runs_dirs(recordings / "live" / "4-ended" / "state").values()
    return state, runs_dir, (ended / RUN / "run.log.zst").read_bytes()


def grow(runs_dir, log, to):
    with open(runs_dir / RUN / "run.log.zst", "r+b") as f:
        f.seek(0, os.SEEK_END)
        f.write(log[f.tell():to])


def end(recordings, runs_dir):
    (ended,) = stores.runs_dirs(recordings / "live" / "4-ended" / "state").values()
    new = runs_dir / "runs.json.zst.new"
    new.write_bytes((ended / "runs.json.zst").read_bytes())
    new.rename(runs_dir / "runs.json.zst")


def test_at_every_length_what_nxctl_makes_of_it(start, live, nxctl, recordings):
    state, runs_dir, log = live
    d = start("--store", state)
    for at in [*range(0, len(log), 1711), len(log) - 1, len(log)]:
        grow(runs_dir, log, at)
        for suffix, words in FORMS:
            got = d.get(f"/traces/{RUN}{suffix}.json").expect(200)
            want = nxctl("export", RUN, "--store", state, *words)
            assert got.body == want.out, at
            assert int(got.header("Content-Length")) == len(got.body)
            assert got.header("Cache-Control") == "no-store" and got.header("ETag") is None
            assert got.header("Accept-Ranges") is None and got.header("Content-Encoding") is None
            assert bool(got.header("X-Nxtrace-Missing")) == (at < len(log)), at
    end(recordings, runs_dir)
    for suffix, words in FORMS:
        got = eventually(lambda: (lambda g: g if g.header("ETag") else None)(d.get(f"/traces/{RUN}{suffix}.json")), "it has ended")
        assert got.body == nxctl("export", RUN, "--store", state, *words).expect(0).out


def test_snapshots_for_perfetto_are_told_apart(start, live, recordings):
    """Perfetto's page knows a trace by its first 4096 bytes."""
    state, runs_dir, log = live
    d = start("--store", state)
    address, seen = f"/traces/{RUN}.perfetto.json", {}
    for at in [*range(0, len(log), 9001), len(log)]:
        grow(runs_dir, log, at)
        body = d.get(address).expect(200).body
        assert seen.setdefault(body[:4096], body) == body
    assert len(seen) > 2
    end(recordings, runs_dir)
    got = eventually(lambda: (lambda g: g if g.header("ETag") else None)(d.get(address)), "it has ended")
    assert got.body[:4096] not in seen and b"process_labels" not in got.body


def read_bytes(pid):
    with open(f"/proc/{pid}/io") as f:
        return next(int(x.split()[1]) for x in f if x.startswith("rchar"))


def test_what_was_read_is_not_read_again(start, big_store, tmp_path):
    """A large log: the first look reads it, later ones what was added."""
    state = tmp_path / "state"
    stores.shutil.copytree(big_store.state, state)
    (runs_dir,) = stores.runs_dirs(state).values()
    listed = stores.read_list(runs_dir)
    listed["runs"][0]["status"] = {"status": "incomplete"}
    stores.write_list(runs_dir, listed)
    (log,) = runs_dir.glob("*/run.log.zst")
    whole = log.read_bytes()
    log.write_bytes(whole[:-20000])
    d = start("--store", state, "--no-index", "--no-procs", "--rescan", "0")

    def cost():
        before = read_bytes(d.pid)
        size = int(d.get("/traces/latest.json", "HEAD").expect(200).header("Content-Length"))
        return read_bytes(d.pid) - before, size

    first, size = cost()
    assert first > len(whole) - 20000
    again, same = cost()
    assert again < 20000 and same == size
    with open(log, "ab") as f:
        f.write(whole[-20000:])
    more, larger = cost()
    assert 20000 <= more < first / 2 and larger > size
    body = d.get("/traces/latest.json").expect(200)
    assert len(body.body) == larger and json.loads(body.body)


def test_an_answer_stays_whole_while_the_file_grows(start, live, big_store, tmp_path):
    """A slow client gets what was there when it asked."""
    state, runs_dir, log = live
    big = next(big_store.state.rglob("run.log.zst")).read_bytes()
    target = runs_dir / RUN / "run.log.zst"
    target.write_bytes(big[:len(big) // 2])
    d = start("--store", state, "--no-index")
    with d.connect() as s:
        s.sendall(f"GET /traces/{RUN}.json HTTP/1.1\r\nHost: {d.host}\r\nConnection: close\r\n\r\n".encode())
        head = s.recv(4096)
        with open(target, "ab") as f:
            f.write(big[len(big) // 2:])
        larger = d.get(f"/traces/{RUN}.json").expect(200).body
        while part := s.recv(65536):
            head += part
    head, body = head.split(b"\r\n\r\n", 1)
    length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length"))
    assert len(body) == length < len(larger)
    cut = json.loads(body)["traceEvents"]
    assert json.loads(larger)["traceEvents"][:len(cut)] == cut


def test_many_at_once(start, live, nxctl):
    state, runs_dir, log = live
    d = start("--store", state)
    grow(runs_dir, log, 9455)
    got = []
    threads = [threading.Thread(target=lambda s=FORMS[i % 4][0]: got.append((s, d.get(f"/traces/{RUN}{s}.json").expect(200).body)))
               for i in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    want = {suffix: nxctl("export", RUN, "--store", state, *words).out for suffix, words in FORMS}
    assert len(got) == 32 and all(want[s] == body for s, body in got)


def test_a_log_that_is_replaced_or_cut_is_another_one(start, live, nxctl):
    state, runs_dir, log = live
    d = start("--store", state)
    target = runs_dir / RUN / "run.log.zst"
    for make in (lambda: target.write_bytes(log[:9455]), lambda: target.write_bytes(log[:5026]),
                 lambda: (target.unlink(), target.write_bytes(log)), lambda: target.write_bytes(b"nonsense")):
        make()
        want = nxctl("export", RUN, "--store", state)
        got = d.get(f"/traces/{RUN}.json")
        if want.out:
            assert got.expect(200).body == want.out
        else:
            assert got.status == 422, got.body


def test_more_runs_than_are_followed(start, live, nxctl):
    """Each is served, and no descriptor is left over."""
    state, runs_dir, log = live
    listed = stores.read_list(runs_dir)
    (model,) = [r for r in listed["runs"] if r["run-id"] == RUN]
    ids = []
    for n in range(20):
        ids.append(f"{n:08x}" + RUN[8:])
        listed["runs"].append({**model, "run-id": ids[-1]})
        (runs_dir / ids[-1]).mkdir()
        (runs_dir / ids[-1] / "run.log.zst").write_bytes(log[:9455])
    stores.write_list(runs_dir, listed)
    d = start("--store", state, "--no-index", "--no-procs")
    grow(runs_dir, log, 9455)
    want = d.get(f"/traces/{RUN}.json").expect(200).body
    before = d.fds()
    for _ in range(3):
        for i in ids:
            assert len(d.get(f"/traces/{i}.json").expect(200).body) == len(want)
    assert d.fds() <= before + 20
