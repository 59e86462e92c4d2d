"""Recordings that are cut, bad, vanished or of another version."""
import json
import os
import random
import shutil

import pytest

from support import expected, stores

FOOTER = b"],"


def body(trace):
    """A trace up to its footer: the events. The footer begins behind the last event's `}`."""
    end = trace.rindex(b'],"displayTimeUnit"')
    return trace[:end]


@pytest.fixture
def one_run(copy_state):
    """A private store with one run, small; .log is its log's file."""
    class One:
        state = copy_state("plain")
        runs_dir = next(iter(stores.runs_dirs(state).values()))
        id = stores.read_list(runs_dir)["runs"][0]["run-id"]
        log = runs_dir / id / "run.log.zst"

        def export(self, nxctl, *words):
            return nxctl("export", "--store", self.state, self.id, *words)

    return One()


def test_every_cut_of_a_log_gives_a_prefix(nxctl, one_run):
    """A log of one frame a line, cut at every frame and inside some: all before the cut, and no more, is there."""
    whole = one_run.export(nxctl).expect(0).out
    lines = stores.unzstd(one_run.log.read_bytes()).splitlines(keepends=True)
    frames = [stores.zstd(line) for line in lines]
    last = b""
    for n in range(len(frames) + 1):
        for tail in (b"", frames[n][:-1] if n < len(frames) else b"", frames[n][:3] if n < len(frames) else b""):
            one_run.log.write_bytes(b"".join(frames[:n]) + tail)
            r = one_run.export(nxctl)
            # A log that ends with a frame looks whole but for its last event, to nextest too.
            assert r.code == (106 if tail or n == 0 else 0), r
            doc = json.loads(r.out)
            assert set(doc) == set(json.loads(whole))
            assert whole.startswith(body(r.out)) and body(r.out).startswith(last), n
            if n < len(frames):
                assert "warning: " in r.err
            assert (r.code == 106) == ("is not whole (exit status 106)" in r.err)
        last = body(r.out)
    assert body(whole) == last


def test_every_length_of_a_log_is_answered(nxctl, one_run):
    """As nextest writes it, in one frame: whatever its length, a well-formed trace and a true status."""
    whole, data = one_run.export(nxctl).expect(0).out, one_run.log.read_bytes()
    for n in list(range(0, 40)) + list(range(40, len(data), 37)) + list(range(len(data) - 12, len(data) + 1)):
        one_run.log.write_bytes(data[:n])
        r = one_run.export(nxctl)
        assert r.code == (0 if n == len(data) else 106), f"{n} of {len(data)}: {r}"
        json.loads(r.out)
        assert whole.startswith(body(r.out))
        strict = one_run.export(nxctl, "--strict")
        assert strict.code == (0 if n == len(data) else 96), f"{n}: {strict}"


@pytest.mark.parametrize("name", ["large", "paused", "stress", "retries", "setup-scripts"])
def test_cuts_of_other_recordings(nxctl, recordings, copy_state, name):
    """Logs of several blocks, pauses, sub-runs, flows: also there a cut takes the end and nothing else."""
    state, rng = copy_state(name), random.Random(name)
    for d in stores.runs_dirs(state).values():
        for run in stores.read_list(d)["runs"][:3]:
            log = d / run["run-id"] / "run.log.zst"
            data = log.read_bytes()
            whole = nxctl("export", run["run-id"], "--store", state)
            if whole.code != 0:
                continue
            for n in sorted(rng.sample(range(len(data)), min(12, len(data)))):
                log.write_bytes(data[:n])
                r = nxctl("export", run["run-id"], "--store", state).expect(106)
                json.loads(r.out)
                assert whole.out.startswith(body(r.out)), f"{run['run-id']} cut at {n} of {len(data)}"


def test_a_flipped_byte_gives_a_trace_or_an_error(nxctl, one_run):
    """nextest's frames have no checksum, so a changed digit cannot be told; the document is well-formed all the same."""
    data = one_run.log.read_bytes()
    for n in range(0, len(data), 23):
        one_run.log.write_bytes(data[:n] + bytes([data[n] ^ 0x10]) + data[n + 1:])
        r = one_run.export(nxctl)
        assert r.code in (0, 96, 106), r
        if r.code in (0, 106):
            json.loads(r.out)


@pytest.mark.parametrize("name", ["bad-logs", "bad-runs", "versions"])
def test_formats_without_strict(nxctl, recordings, name, tmp_path):
    """Where nextest gives up on a log, all that can be read is written; --strict gives up as well, and writes less."""
    store = recordings / "formats" / name
    index = stores.index(store / "expected")
    wrong, seen, state = [], set(), stores.whole_state(store, tmp_path)
    for run in index["runs"]:
        if run["run_id"] in seen:
            continue
        seen.add(run["run_id"])
        words = ["export", "--store", state, "--workspace", index["workspace"], run["run_id"]]
        trace = (run.get("traces") or {}).get("binary.json")
        lenient, strict = nxctl(*words), nxctl(*words, "--strict")
        try:
            if lenient.code in (0, 106):
                assert set(json.loads(lenient.out)) >= {"traceEvents", "displayTimeUnit"}
            else:
                assert lenient.code == 96 and lenient.out == b"" and "error: " in lenient.err
            if lenient.code == 106:
                assert "warning: " in lenient.err and "not whole" in lenient.err
            if trace and trace["exit"] == 0:
                assert strict.code == lenient.code == 0 and strict.out == lenient.out
            elif trace:
                assert strict.code == trace["exit"] and "error: " in strict.err
        except AssertionError as e:
            wrong.append(f"{run['run_id']} {trace}\n{e}\nlenient {lenient}\nstrict {strict}")
    assert not wrong, f"{len(wrong)}\n" + "\n\n".join(wrong[:3])
    assert len(seen) > 4


def test_portables_without_strict(nxctl, recordings):
    """Of a portable recording, too, all that can be read is written, where its manifest can be."""
    zips = recordings / "portables" / "zips"
    status = {p.name: nxctl("export", f"./{p.name}", cwd=zips).code for p in sorted(zips.iterdir())}
    strict = {name: nxctl("export", "--strict", f"./{name}", cwd=zips).code for name in status}
    assert {name for name, code in status.items() if code == 106} == {
        "log-crc-wrong.zip", "log-cut.zip", "log-empty.zip", "log-garbage.zip"}
    assert {name for name, code in status.items() if code == 0 and strict[name] != 0} == {
        "manifest-minor-1.zip", "store-version-2-2.zip"}
    assert set(strict.values()) == {0, 96}
    for name, code in status.items():
        r = nxctl("export", f"./{name}", cwd=zips)
        assert code in (0, 96, 106) and (code != 96 or r.out == b"" and f"'./{name}" in r.err)
        if code != 96:
            assert "traceEvents" in json.loads(r.out)


@pytest.mark.parametrize("store_format, words", [
    ("1.0", ["nextest <= 0.9.130", "0.9.130"]), ("3.0", ["upgrade"]), ("9999.0", ["upgrade"]),
])
def test_other_major_versions_say_what_to_do(nxctl, recordings, store_format, words):
    state = recordings / "formats/versions/state"
    run = next(r for r in nxctl("list", "--json", "--store", state).expect(0).json["runs"]
               if r["store_format"] == store_format)
    r = nxctl("export", "--store", state, run["id"]).expect(96)
    assert f"error: run {run['id']}: " in r.err and store_format in r.err and "incompatible" in r.err and r.out == b""
    assert any(w in r.err for w in words), r


def test_a_newer_minor_is_read_with_a_warning(nxctl, recordings):
    state = recordings / "formats/versions/state"
    run = next(r for r in nxctl("list", "--json", "--store", state).expect(0).json["runs"] if r["store_format"] == "2.2")
    r = nxctl("export", "--store", state, run["id"]).expect(0)
    assert "warning: " in r.err and "newer minor" in r.err and json.loads(r.out)["traceEvents"]
    strict = nxctl("export", "--strict", "--store", state, run["id"]).expect(96)
    assert "minor version 2 is newer than supported version 1" in strict.err


def test_a_run_that_goes_on_grows(nxctl, recordings):
    """What is shown of a running run is the beginning of what the ended run shows."""
    live = recordings / "live"
    ended = stores.index(live / "4-ended" / "expected")
    run = nxctl("info", "--json", "latest", "--store", live / "4-ended/state").expect(0).json["id"]
    whole = nxctl("export", run, "--store", live / "4-ended/state").expect(0).out
    sizes = []
    for step in ("1-just-begun", "2-first-flush", "3-second-flush"):
        r = nxctl("export", run, "--store", live / step / "state").expect(106)
        assert f"warning: run {run} is incomplete: the exported Chrome trace may be incomplete" in r.err
        assert whole.startswith(body(r.out))
        sizes.append(len(r.out))
    assert sizes == sorted(sizes) and len(set(sizes)) == 3 and ended["runs"]


@pytest.mark.parametrize("store", [s for s in stores.stores() if s.parent.name == "formats" and s.name.startswith("list-")],
                         ids=lambda s: s.name)
def test_bad_lists(nxctl, store, tmp_path):
    """A list that nextest cannot read is an error that names the file; one that it can is shown."""
    command = next(c for c in expected.commands(store, "list") if "-v" not in c.argv)
    state = stores.whole_state(store, tmp_path)
    r = nxctl("list", "--store", state, "--workspace", command.cwd)
    j = nxctl("list", "--json", "--store", state, "--workspace", command.cwd)
    assert r.code == j.code == command.code, f"{command.stderr()}\n{r}"
    if command.code:
        assert "runs.json.zst" in r.err and r.out == b"", r
        problem = j.json["problems"][0]
        assert problem["workspace"] and problem["error"]["object"].endswith("runs.json.zst")
        assert nxctl("export", "--store", state).code == 96


def test_one_bad_workspace_does_not_hide_the_others(nxctl, copy_state):
    state = copy_state("two-projects")
    dirs = stores.runs_dirs(state)
    (dirs["_ssrc_sfields_ssouth"] / "runs.json.zst").write_bytes(b"garbage")
    r = nxctl("list", "--all", "--store", state).expect(96)
    assert "/src/fields/north" in r.text and "_ssrc_sfields_ssouth" in r.err
    assert nxctl("export", "980f54a7", "--all", "--store", state).code == 0
    missing = nxctl("export", "fb9b2f1c", "--all", "--store", state).expect(96)
    assert "runs.json.zst" in missing.err, "the run may be in the list that could not be read"


def test_vanished(nxctl, one_run):
    os.unlink(one_run.log)
    r = one_run.export(nxctl).expect(96)
    assert "run.log.zst" in r.err and r.out == b""
    shutil.rmtree(one_run.log.parent)
    r = one_run.export(nxctl).expect(96)
    assert one_run.id in r.err
    info = nxctl("info", one_run.id, "--store", one_run.state).expect(0)
    assert "(missing)" in info.text
    shutil.rmtree(one_run.state)
    one_run.export(nxctl).expect(96)


def test_a_lock_that_is_held(nxctl, one_run):
    """nextest gives up on its lock after five seconds, and so do we, and say so."""
    import fcntl
    with open(one_run.runs_dir / "runs.lock", "rb+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = nxctl("list", "--store", one_run.state).expect(96)
    assert "timed out acquiring lock" in r.err and "runs.lock" in r.err and "5000 ms" in r.err
    nxctl("list", "--store", one_run.state).expect(0)


def test_a_store_that_cannot_be_written_to(nxctl, one_run):
    """nxtrace never writes into a store: not even a lock file where there is none."""
    before = sorted(str(p) for p in one_run.state.rglob("*"))
    os.unlink(one_run.runs_dir / "runs.lock")
    before.remove(str(one_run.runs_dir / "runs.lock"))
    nxctl("list", "--store", one_run.state).expect(0)
    one_run.export(nxctl).expect(0)
    assert sorted(str(p) for p in one_run.state.rglob("*")) == before
