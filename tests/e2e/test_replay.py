"""What cargo-nextest's own replay shows of a recording is what nxctl says of it: results, times, outputs."""
import os
import re
import subprocess

import pytest

from support import cargo, stores

ZIPS = [(s, z) for s in ("plain", "retries", "failures", "output", "groups", "slow-timeout", "cancelled", "variations")
        for z in sorted((stores.data_dir() / s / "portable").glob("*.zip"))]
LINE = re.compile(r"^ *(?:TRY (\d+) |FLAKY (\d+)/\d+ )?([A-Z][A-Z0-9 +-]*?)? *\[ *([\d.]+)s\] \([^)]*\) (\S+) (.*)$")
WORDS = {"pass": {"PASS"}, "fail": {"FAIL", "FAIL + LEAK", "FL+LK"}, "timeout-fail": {"TIMEOUT", "TMT"}, "abort": {"SIG", "ABRT", "ABORT"},
         "leak-pass": {"LEAK"}, "leak-fail": {"LEAK-FAIL", "LKFAIL", "LKFL"}, "timeout-pass": {"TMPASS", "TIMEOUT-PASS"}}


@pytest.fixture(scope="module")
def stub(tmp_path_factory):
    """A workspace: replay wants to be in one."""
    cargo.need_nextest()
    d = tmp_path_factory.mktemp("stub")
    (d / "src").mkdir()
    (d / "src" / "lib.rs").write_text("")
    (d / "Cargo.toml").write_text('[package]\nname = "stub"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n')
    return d


def replay(stub, path, *words):
    done = subprocess.run(["cargo", "nextest", "replay", "-R", path, "--color", "never", "--no-pager", *words], cwd=stub,
                          env={**os.environ, "NEXTEST_EXPERIMENTAL_RECORD": "1", "NEXTEST_STATE_DIR": str(stub / "state"),
                               "CARGO_NET_OFFLINE": "true"}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr + done.stdout


@pytest.mark.parametrize("path", [z for _, z in ZIPS], ids=[f"{s}/{z.stem[:8]}" for s, z in ZIPS])
def test_results_and_outputs(nxctl, stub, path):
    tests = nxctl("tests", path, "--attempts", "all", "--sort", "start", "--json").expect(0).json["tests"]
    shown = replay(stub, path, "--no-capture", "--status-level", "all", "--final-status-level", "none")
    lines, hidden = {}, b"Cancelling due to interrupt"  # then it shows no outputs
    for line in shown.decode("utf-8", "replace").splitlines():
        m = LINE.match(line)
        if m and m[3] and m[3] not in ("SLOW", "TERMINATING"):
            lines.setdefault((m[5], m[6], int(m[1] or m[2] or 1)), []).append((m[3], m[4]))
    for t in tests:
        if "\n" in t["test"] or t["test"] != t["test"].strip():
            continue
        got = lines.get((t["binary"], t["test"], t["attempt"]))
        assert got, (t, sorted(lines)[:20])
        assert any(s == f"{t['duration_secs']:.3f}" for _, s in got), (t, got)
        words = WORDS[t["outcome"]]
        assert any(w in words or "SIG" in w and "SIG" in words for w, _ in got), (t, got)
        out = nxctl("output", "--attempt", str(t["attempt"]), path, "--", t["binary"], t["test"]).expect(0)
        for stream in ("--stdout", "--stderr"):
            part = nxctl("output", stream, "--attempt", str(t["attempt"]), path, "--", t["binary"], t["test"]).expect(0).out
            assert part in out.out
            if hidden not in shown and as_shown(part):
                assert plain(part) in plain(shown), (t, stream, part[:300])


def as_shown(raw):
    """replay makes other bytes of what is no UTF-8, and leaves control characters out."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return not any(ord(c) < 32 and c not in "\n\t" or c == "\x7f" for c in text)


def plain(raw):
    """Without what replay may colour, trim or add: escape sequences, white space at ends of lines."""
    text = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", raw)
    return b"\n".join(line.rstrip() for line in text.strip().splitlines())
