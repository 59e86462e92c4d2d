"""nxctl export: where the trace goes, and what is said and returned."""
import errno
import json
import os
import pty
import select
import signal
import stat
import subprocess
import threading
import time

import pytest

from support import stores


def export(nxctl, store, *words, **kw):
    return nxctl("export", "--store", store.state, *words, **kw)


def a_run(store):
    """A run whose expected traces are kept."""
    return store.kept_traces("slot")[0]


def test_latest_is_the_default(nxctl, plain):
    assert export(nxctl, plain).expect(0).out == export(nxctl, plain, "latest").expect(0).out


@pytest.mark.parametrize("form, words", [
    ("binary", []), ("binary", ["--group-by", "binary"]), ("slot", ["--group-by=slot"]),
    ("slot", ["--message-format", "json", "--group-by", "slot"]),
])
def test_forms(nxctl, plain, form, words):
    run = a_run(plain)
    r = export(nxctl, plain, run, *words).expect(0)
    assert r.out == plain.trace(run, form) and r.err == ""


def test_pretty_is_the_same_document(nxctl, plain):
    run = a_run(plain)
    r = export(nxctl, plain, run, "--message-format", "json-pretty").expect(0)
    assert b"\n  " in r.out and r.json == json.loads(plain.trace(run))


# --- to a file ----------------------------------------------------------------------------------------------------

def test_to_a_file(nxctl, plain, tmp_path):
    out = tmp_path / "t.json"
    run = a_run(plain)
    r = export(nxctl, plain, run, "-o", out).expect(0)
    assert out.read_bytes() == plain.trace(run) and r.out == b""
    assert r.err == f"info: wrote Chrome trace for run {run} to {out}\n"
    assert os.listdir(tmp_path) >= ["t.json"] and not [n for n in os.listdir(tmp_path) if n.startswith(".t")]


def test_relative_name_and_quiet(nxctl, plain, tmp_path):
    r = export(nxctl, plain, "--output=t.json", "-q", cwd=tmp_path).expect(0)
    assert (tmp_path / "t.json").exists() and r.err == ""


def test_a_failed_export_leaves_the_old_file(nxctl, store_of, tmp_path):
    live = store_of("live/2-first-flush")
    out = tmp_path / "t.json"
    out.write_text("old")
    export(nxctl, live, "latest", "--strict", "-o", out).expect(96)
    assert out.read_text() == "old"
    assert [n for n in os.listdir(tmp_path) if n not in ("t.json", "world", "elsewhere")] == []


def test_the_file_appears_whole(nxctl, plain, tmp_path):
    """Nobody sees half a trace: whatever is there under the name is the old or the new file."""
    out = tmp_path / "t.json"
    want = export(nxctl, plain, "latest").expect(0).out
    out.write_bytes(b"old")
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            try:
                seen.add(out.read_bytes())
            except FileNotFoundError:
                seen.add(None)

    t = threading.Thread(target=look)
    t.start()
    try:
        for _ in range(10):
            export(nxctl, plain, "latest", "-o", out).expect(0)
    finally:
        stop.set()
        t.join()
    assert seen <= {b"old", want}


def test_modes(nxctl, plain, tmp_path):
    old = tmp_path / "old.json"
    old.write_text("")
    old.chmod(0o640)
    export(nxctl, plain, "-o", old).expect(0)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    new = tmp_path / "new.json"
    export(nxctl, plain, "-o", new).expect(0)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~umask


def test_through_a_symbolic_link(nxctl, plain, tmp_path):
    real = tmp_path / "real.json"
    real.write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    export(nxctl, plain, "-o", link).expect(0)
    assert link.is_symlink() and real.read_bytes() == export(nxctl, plain).out


def test_where_no_file_can_be(nxctl, plain, tmp_path):
    for bad in (tmp_path / "no" / "t.json", tmp_path, "", "x/"):
        r = export(nxctl, plain, "-o", bad, cwd=tmp_path).expect(110)
        assert r.err.startswith("error: ")


def test_dash_is_standard_output(nxctl, plain, tmp_path):
    assert export(nxctl, plain, "-o", "-", cwd=tmp_path).expect(0).out == export(nxctl, plain).out
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_names_of_standard_output(nxctl, plain, name, tmp_path):
    assert export(nxctl, plain, "-o", name).expect(0).out == export(nxctl, plain).out
    with open(tmp_path / "t.json", "wb") as f:
        export(nxctl, plain, "-o", name, stdout=f).expect(0)
    assert (tmp_path / "t.json").read_bytes() == export(nxctl, plain).out


def test_to_a_fifo(nxctl, plain, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got = []
    t = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    t.start()
    export(nxctl, plain, "-o", fifo).expect(0)
    t.join(60)
    assert got == [export(nxctl, plain).out] and stat.S_ISFIFO(fifo.stat().st_mode)


# --- writes that fail ---------------------------------------------------------------------------------------------

def test_full_disk(nxctl, plain):
    with open("/dev/full", "wb") as full:
        r = export(nxctl, plain, stdout=full).expect(110)
        assert os.strerror(errno.ENOSPC) in r.err and "standard output" in r.err
        for words in (["list"], ["list", "--json"], ["info", "latest"]):
            r = nxctl(*words, "--store", plain.state, stdout=full).expect(110)
            assert os.strerror(errno.ENOSPC) in r.err
    r = export(nxctl, plain, "-o", "/dev/full").expect(110)
    assert os.strerror(errno.ENOSPC) in r.err and "/dev/full" in r.err


def test_full_disk_leaves_no_file(nxctl, plain, tmp_path):
    """A limit on the size of files stands for the disk that runs full."""
    out = tmp_path / "d" / "t.json"
    out.parent.mkdir()
    done = subprocess.run(["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", nxctl.path, "export", "--store", plain.state, "-o", out],
                          env=nxctl.env, capture_output=True, timeout=60)
    # SIGXFSZ would end it; whoever set the limit did not expect a half-written file either.
    assert done.returncode in (110, -signal.SIGXFSZ), done
    assert not out.exists()
    if done.returncode == 110:
        assert os.listdir(out.parent) == []


def test_closed_standard_output(nxctl, plain):
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", nxctl.path, "export", "--store", plain.state],
                          env=nxctl.env, capture_output=True, timeout=60)
    assert done.returncode == 110 and b"standard output" in done.stderr


@pytest.mark.parametrize("words", [["export"], ["list"], ["info", "latest"]])
def test_reader_that_goes_away(nxctl, store_of, words):
    """As nextest: SIGPIPE is no silent death, but the status of a failed write."""
    store = store_of("many-runs/before-prune")
    r, w = os.pipe()
    os.close(r)
    result = nxctl(*words, "--store", store.state, stdout=w)
    os.close(w)
    assert result.code == 110
    if words == ["export"]:
        assert os.strerror(errno.EPIPE) in result.err
    else:
        assert result.err == "", "`nxctl list | head -1` is nothing to complain about"


def test_interrupted_export_leaves_nothing(nxctl, tmp_path, copy_state):
    """SIGTERM while it writes: the temporary file goes, and the process dies of the signal."""
    state = copy_state("plain")
    d = next(iter(stores.runs_dirs(state).values()))
    run = stores.read_list(d)["runs"][0]["run-id"]
    log = d / run / "run.log.zst"
    lines = stores.unzstd(log.read_bytes())
    first, rest = lines.split(b"\n", 1)
    # Whole frames one behind the other are one log: long enough to be caught at work.
    body = stores.zstd(rest * 200)
    with open(log, "wb") as f:
        f.write(stores.zstd(first + b"\n"))
        for _ in range(200):
            f.write(body)
    out = tmp_path / "o" / "t.json"
    out.parent.mkdir()
    p = subprocess.Popen([nxctl.path, "export", "--store", state, run, "-o", out], env=nxctl.env,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not os.listdir(out.parent) and time.monotonic() < deadline:
        pass
    assert os.listdir(out.parent) not in ([], ["t.json"]), "a temporary file is being written"
    p.send_signal(signal.SIGTERM)
    err = p.communicate(timeout=60)[1]
    assert p.returncode == -signal.SIGTERM, err
    assert os.listdir(out.parent) == []


# --- recordings in files ------------------------------------------------------------------------------------------

@pytest.fixture
def portable(plain):
    return next(p for p in sorted((plain.folder / "portable").glob("*.zip")) if p.stem in plain.kept_traces())


def test_portable(nxctl, plain, portable):
    assert nxctl("export", portable).expect(0).out == plain.trace(portable.stem)
    by_slot = export(nxctl, plain, portable.stem, "--group-by", "slot").expect(0).out
    assert nxctl("export", "-R", portable, "--group-by", "slot").expect(0).out == by_slot


def test_portable_needs_no_store(nxctl, plain, portable, tmp_path):
    r = nxctl("export", portable, env={"HOME": None, "XDG_STATE_HOME": None}).expect(0)
    assert r.out == plain.trace(portable.stem)


def test_portable_on_standard_input(nxctl, plain, portable):
    assert nxctl("export", "-", input=portable.read_bytes()).expect(0).out == plain.trace(portable.stem)
    with open(portable, "rb") as f:
        assert nxctl("export", "-", stdin=f).expect(0).out == plain.trace(portable.stem)
    assert nxctl("info", "--json", "-", input=portable.read_bytes()).expect(0).json["id"] == portable.stem


def test_portable_from_a_process_substitution(nxctl, plain, portable):
    done = subprocess.run(["bash", "-c", '"$0" export <(cat "$1")', nxctl.path, portable], env=nxctl.env,
                          capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout == plain.trace(portable.stem), done.stderr


def test_portable_wrapped_by_github(nxctl, recordings):
    """`gh run download` and the web page hand out a zip around the artifact."""
    zips = recordings / "portables" / "zips"
    want = nxctl("export", zips / "direct.zip").expect(0).out
    for name in ("wrapped-deflated.zip", "wrapped-stored.zip", "wrapped-with-folders.zip"):
        assert nxctl("export", zips / name).expect(0).out == want, name


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x05\x06" + b"\0" * 18, b"PK\x03\x04" + b"\0" * 400],
                         ids=["empty", "letter", "empty-zip", "headless-zip"])
def test_what_is_no_recording(nxctl, tmp_path, content):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(content)
    for words in (["export", bad], ["info", bad], ["export", "--strict", bad]):
        r = nxctl(*words).expect(96)
        assert str(bad) in r.err and r.out == b""
    assert nxctl("export", "-", input=content).expect(96).out == b""
    nxctl("export", tmp_path / "no.zip").expect(96)
    nxctl("export", f"{tmp_path}/").expect(96)


# --- a terminal ---------------------------------------------------------------------------------------------------

def on_a_terminal(argv, env, stdout):
    """Runs argv with standard error on a terminal; returns (exit code, what the terminal got)."""
    try:
        master, slave = pty.openpty()
    except OSError as e:
        pytest.skip(f"this machine has no terminal to give: {e}")
    p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=slave if stdout == "tty" else stdout,
                         stderr=slave)
    os.close(slave)
    got = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        got += chunk
    os.close(master)
    return p.wait(60), got


class SlowReader(threading.Thread):
    """Takes what comes through a pipe, but only after a while: so slow an export shows its progress on any machine."""

    def __init__(self, wait):
        super().__init__(daemon=True)  # a test that fails must not leave it waiting at the end
        self.read_end, self.write_end = os.pipe()
        self.wait, self.got = wait, b""

    def run(self):
        time.sleep(self.wait)
        while chunk := os.read(self.read_end, 1 << 20):
            self.got += chunk
        os.close(self.read_end)


def export_slowly(nxctl, store, *words, wait=0.8):
    reader = SlowReader(wait)
    reader.start()
    argv = [nxctl.path, "export", "--store", store.state, *words]
    code, shown = on_a_terminal(argv, nxctl.env, reader.write_end)
    os.close(reader.write_end)
    reader.join(60)
    return code, shown, reader.got


def test_progress_on_a_terminal(nxctl, store_of):
    large = store_of("large")
    code, shown, got = export_slowly(nxctl, large)
    assert code == 0 and got == export(nxctl, large).out
    assert b"exporting: " in shown and b"%" in shown
    assert b"\r\x1b[K" in shown[shown.rindex(b"exporting: "):], "the line is taken away at the end"


def test_no_progress_when_it_is_not_wanted(nxctl, plain, store_of):
    large = store_of("large")
    assert export_slowly(nxctl, large, "-q")[1] == b""
    assert export_slowly(nxctl, plain, wait=0)[1] == b"", "short work"
    reader = SlowReader(0.8)
    reader.start()
    r = export(nxctl, large, stdout=reader.write_end)
    os.close(reader.write_end)
    reader.join(60)
    assert r.err == "", "no terminal"


@pytest.mark.parametrize("env, color", [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"CLICOLOR": "0"}, False),
    ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
])
def test_colour_on_a_terminal(nxctl, plain, env, color):
    got = on_a_terminal([nxctl.path, "list", "--store", plain.state], {**nxctl.env, "TERM": "xterm", **env}, "tty")[1]
    assert (b"\x1b[" in got) == color


def test_colour_options(nxctl, plain):
    def has(*words, env=None):
        return b"\x1b[" in nxctl("list", *words, "--store", plain.state, env=env).expect(0).out

    assert not has() and has("--color", "always") and has(env={"CLICOLOR_FORCE": "1"})
    assert not has("--color=never", env={"CLICOLOR_FORCE": "1"}) and not has(env={"CLICOLOR_FORCE": "0"})
    assert has("--color", "always", env={"NO_COLOR": "1"})
    r = nxctl("info", "xyz", "--color=always", "--store", plain.state).expect(2)
    assert "\x1b[31;1merror\x1b[0m: " in r.err or "\x1b[" in r.err
    assert b"\x1b" not in nxctl("list", "--json", "--color=always", "--store", plain.state).expect(0).out
