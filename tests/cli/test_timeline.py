"""nxctl timeline: what held a run up, and slots over time."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from support import stores

UTF8 = {"LC_ALL": "C.UTF-8"}


def timeline(nxctl, recordings, store, *words, **kw):
    return nxctl("timeline", "--all", "--store", recordings / store / "state", *words, **kw)


def chart(text):
    """{label: line} of the chart"""
    return dict(m.groups() for m in re.finditer(r"^  (slot \d+|setup|tail) +(.*)$", text, re.M))


def test_summary_and_chart(nxctl, recordings):
    r = timeline(nxctl, recordings, "slow-timeout", "a2a50315", env=UTF8).expect(0)
    lines = r.text.splitlines()
    assert re.fullmatch(r"Run a2a50315 of .*: 5 attempts of 5 tests \(completed\)", lines[0])
    assert re.search(r"^  wall +0\.348s  from the run's start to its end$", r.text, re.M)
    assert re.search(r"^  busy +1\.189s  68% of the time of 5 slots$", r.text, re.M)
    assert re.search(r"^  idle +0\.551s ", r.text, re.M)
    assert re.search(r"^  tail +0\.101s  from 0\.247s on .*; last: snail::slow terminated_deaf, snail::slow terminated_rude$", r.text, re.M)
    assert re.search(r"^ +0\.343s +0\.004s +2 +timeout-fail +snail::slow terminated_deaf$", r.text, re.M)
    drawn = [x[10:] for x in lines if re.match(r"  slot \d", x)]
    assert len(drawn) == 5 and all("█" in x and x.endswith("×") for x in drawn)
    assert max(map(len, lines[lines.index("", 4):])) <= 80 and len(drawn[2]) == 70
    assert lines[-1].split()[0] == "0" and lines[-1].split()[-1] == "0.348s"
    assert "\x1b" not in r.text


def test_latest_is_the_default_and_runs_are_selected(nxctl, recordings):
    latest = timeline(nxctl, recordings, "retries").expect(0)
    assert latest.out == timeline(nxctl, recordings, "retries", "latest").expect(0).out
    assert latest.out == timeline(nxctl, recordings, "retries", "-R", "latest").expect(0).out
    assert timeline(nxctl, recordings, "retries", "ffffffff").expect(96).out == b""
    assert timeline(nxctl, recordings, "retries", "xyz").expect(2).out == b""


def test_ascii(nxctl, recordings):
    r = timeline(nxctl, recordings, "slow-timeout", "a2a50315", env={"LC_ALL": "C"}).expect(0)
    assert r.out.isascii() and "#" in r.text and r.text.count("x\n") == 5


def test_colours(nxctl, recordings):
    r = timeline(nxctl, recordings, "retries", "a0a7f8f3", "--color", "always").expect(0)
    plain = timeline(nxctl, recordings, "retries", "a0a7f8f3").expect(0)
    assert re.sub(r"\x1b\[[0-9;]*m", "", r.text).replace(" \n", "\n").split() == plain.text.split()
    assert "\x1b[" in r.text


def test_setup_scripts_and_pauses(nxctl, recordings):
    r = timeline(nxctl, recordings, "setup-scripts", "b8e4597b", env=UTF8).expect(0)
    assert re.search(r"^  setup +0\.568s  3 setup scripts$", r.text, re.M) and "█" in chart(r.text)["setup"]
    r = timeline(nxctl, recordings, "paused", "36820c50", env=UTF8).expect(0)
    assert re.search(r"^  paused +0\.700s  1 pause$", r.text, re.M)
    assert "┄" in chart(r.text)["slot 0"] and "█" in chart(r.text)["slot 0"]


def test_a_run_that_goes_on(nxctl, recordings):
    r = timeline(nxctl, recordings, "live/2-first-flush", env=UTF8).expect(0)
    assert "(incomplete)" in r.text and "so far: the run has no end in its log" in r.text and set(chart(r.text)) == {"slot 0", "slot 1"}
    r = timeline(nxctl, recordings, "live/1-just-begun").expect(0)
    assert "0 attempts of 0 tests (incomplete)" in r.text and not chart(r.text)


def test_portable(nxctl, recordings):
    (path, *_) = sorted((recordings / "retries" / "portable").glob("*.zip"))
    r = nxctl("timeline", path).expect(0)
    assert chart(r.text)
    doc = nxctl("timeline", path, "--json").expect(0).json
    assert doc["run"]["workspace"] is None and doc["executions"]["test"]
    assert nxctl("timeline", "-", "--json", input=path.read_bytes()).expect(0).json == doc


def test_damage(nxctl, copy_state, recordings):
    state = copy_state("retries")
    (log,) = state.rglob("a0a7f8f3*/run.log.zst")
    lines = stores.unzstd(log.read_bytes()).splitlines(keepends=True)
    start = next(i for i, x in enumerate(lines) if b'"test-started"' in x)
    log.write_bytes(stores.zstd(b"".join([*lines[:start], b"{}\n", *lines[start + 1:]])))
    r = nxctl("timeline", "--all", "--store", state, "a0a7f8f3").expect(0)
    assert "could not be read" in r.err
    doc = nxctl("timeline", "--all", "--store", state, "a0a7f8f3", "--json").expect(0).json
    whole = timeline(nxctl, recordings, "retries", "a0a7f8f3", "--json").json
    assert doc["whole"] is False and whole["whole"] is True and doc["ended"] is True
    assert doc["executions"]["slot"].count(None) == 1 and len(doc["executions"]["test"]) == len(whole["executions"]["test"])
    log.unlink()
    assert "run.log.zst" in nxctl("timeline", "--all", "--store", state, "a0a7f8f3").expect(96).err


def test_versions_are_refused(nxctl, recordings):
    refused = 0
    for run in nxctl("list", "--all", "--json", "--store", recordings / "formats/versions/state").json["runs"]:
        r = timeline(nxctl, recordings, "formats/versions", run["id"])
        assert r.code in (0, 96), str(r)
        refused += r.code == 96 and "version" in r.err
    assert refused


@pytest.mark.parametrize("columns, want", [(60, 60), (120, 120), (10, 40), (0, 80)])
def test_as_wide_as_the_terminal(nxctl_path, clean_env, empty_dir, recordings, columns, want):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    p = subprocess.Popen([nxctl_path, "timeline", "--all", "--color", "never", "--store", recordings / "slow-timeout/state", "a2a50315"],
                         env={**clean_env, **UTF8}, cwd=empty_dir, stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    out = b""
    try:
        while part := os.read(master, 65536):
            out += part
    except OSError:  # the terminal has gone
        pass
    os.close(master)
    assert p.wait(60) == 0, p.stderr.read()
    p.stderr.close()
    assert len(out.decode().splitlines()[-1]) == want
