"""nxctl output: every output of every recording, against zstd and the run's own dictionaries."""
import os
import pty
import subprocess

import pytest

from support import runlog, stores

STORES = ["output", "retries", "failures", "plain", "stress", "names", "setup-scripts"]


def runs_of(store):
    for d in stores.runs_dirs(store / "state").values():
        for run in stores.read_list(d)["runs"]:
            folder = d / run["run-id"]
            if (folder / "run.log.zst").is_file() and (folder / "store.zip").is_file():
                yield run["run-id"], folder


@pytest.mark.parametrize("name", STORES)
def test_every_output(nxctl, recordings, name):
    """Of the attempts that failed, and of a few that passed: all three ways to ask."""
    store, seen, truncated = recordings / name, 0, 0
    for run, folder in runs_of(store):
        log, outputs = runlog.Log(folder / "run.log.zst"), runlog.Outputs(folder / "store.zip")
        picked = [a for a in log.attempts if not a.passed][:6] + [a for a in log.attempts if a.passed][:3]
        for a in picked:
            binary, test, stress, attempt = a.key
            sub = ["--stress", str(stress)] if stress is not None else []
            for words, stream in (([], "combined"), (["--stdout"], "stdout"), (["--stderr"], "stderr")):
                r = nxctl("output", "--attempt", str(attempt), *sub, *words, "--store", store / "state", run, "--", binary, test)
                assert r.expect(0).out == outputs.of(a, stream), (run, a.key, stream)
                if not r.out:
                    assert "wrote nothing" in r.err
                truncated += "nextest kept only a part" in r.err
            doc = nxctl("output", "--json", "--attempt", str(attempt), *sub, "--store", store / "state", run, "--", binary, test)
            raw = outputs.of(a)
            text = raw.decode("utf-8", "replace")
            want = {"run": run, "binary": binary, "test": test, "stress_index": stress, "attempt": attempt,
                    "stream": "combined", "bytes": len(raw)}
            got = doc.expect(0).json
            assert {k: got[k] for k in want} == want and got["utf8"] == (text.encode() == raw)
            assert got["text"].replace("\ufffd", "") == text.replace("\ufffd", "")
            seen += 1
    assert seen >= 8
    if name == "output":
        assert truncated >= 6


def test_the_attempt_that_decided_is_the_default(nxctl, store_of):
    state = store_of("retries").state
    ask = lambda *w: nxctl("output", "a0a7f8f3", "sorrel_good_at_3", "--store", state, *w).expect(0).out  # noqa: E731
    assert ask() == ask("--attempt", "3") != ask("--attempt", "2")
    assert b"attempt 3\n" in ask("--stdout") and b"attempt 2 is before 3" in ask("--attempt", "2", "--stderr")


@pytest.mark.parametrize("words", [["seedlings::flaky", "sorrel_good_at_3"], ["seedlings::flaky sorrel_good_at_3"],
                                   ["seedlings::flaky$sorrel_good_at_3"], ["seedlings::flaky::sorrel_good_at_3"],
                                   ["sorrel_good_at_3"]])
def test_spellings_of_a_test(nxctl, store_of, words):
    state = store_of("retries").state
    want = nxctl("output", "-R", "a0a7f8f3", "sorrel_good_at_3", "--store", state).expect(0).out
    assert nxctl("output", "a0a7f8f3", *words, "--store", state).expect(0).out == want
    assert nxctl("output", "-R", "a0a7f8f3", *words, "--store", state).expect(0).out == want


def test_the_end_of_a_name(nxctl, plain):
    assert nxctl("output", "latest", "cedar", "--store", plain.state).expect(0).out \
        == nxctl("output", "latest", "orchard-core", "tests::cedar", "--store", plain.state).expect(0).out


def test_ambiguous_names(nxctl, store_of):
    state = store_of("names").state
    for run in nxctl("list", "--json", "--store", state).expect(0).json["runs"]:
        tests = nxctl("tests", run["id"], "--json", "--store", state).expect(0).json["tests"]
        if [t["test"] for t in tests].count("oak") == 2:
            break
    r = nxctl("output", run["id"], "oak", "--store", state).expect(96)
    assert "error: `oak` is ambiguous, matches 2 tests:\n" in r.err
    for t in tests:
        assert (f"  {t['binary']} {t['test']}\n" in r.err) == (t["test"] == "oak")
    assert "hint: give the binary's name" in r.err and r.out == b""
    binary = next(t["binary"] for t in tests if t["test"] == "oak")
    nxctl("output", run["id"], binary, "oak", "--store", state).expect(0)


def test_no_such_test(nxctl, store_of):
    state = store_of("retries").state
    r = nxctl("output", "a0a7f8f3", "nothing_like_it", "--store", state).expect(96)
    assert "no test `nothing_like_it` in run a0a7f8f3" in r.err and "hint: `nxctl tests a0a7f8f3`" in r.err
    r = nxctl("output", "a0a7f8f3", "GOOD", "--store", state).expect(96)
    assert "hint: with that in their names there are:\n  seedlings::flaky birch_good_at_4\n" in r.err
    r = nxctl("output", "a0a7f8f3", "a\x1b[31mb\nc", "--store", state).expect(96)
    assert "\x1b" not in r.err
    r = nxctl("output", "a0a7f8f3", "sorrel_good_at_3", "--attempt", "9", "--store", state).expect(96)
    assert "no attempt 9" in r.err


def test_a_test_that_still_runs(nxctl, store_of):
    live = store_of("live/2-first-flush")
    going_on = nxctl("tests", "--outcome", "running", "--json", "--store", live.state).expect(0).json["tests"]
    assert going_on
    r = nxctl("output", "latest", going_on[0]["binary"], going_on[0]["test"], "--store", live.state).expect(106)
    assert "still running" in r.err


def on_terminal(nxctl, *words):
    """What a terminal gets."""
    main, side = pty.openpty()
    with subprocess.Popen([nxctl.path, *map(os.fspath, words)], env={**nxctl.env, "TERM": "xterm"}, cwd=nxctl.cwd,
                          stdin=subprocess.DEVNULL, stdout=side, stderr=subprocess.PIPE) as p:
        os.close(side)
        out = b""
        while True:
            try:
                more = os.read(main, 65536)
            except OSError:
                break
            if not more:
                break
            out += more
        assert p.wait(60) == 0, p.stderr.read()
    os.close(main)
    return out


def test_a_terminal_gets_no_control_characters(nxctl, store_of):
    store = store_of("output")
    worst = None
    for run, folder in runs_of(store.folder):
        log, outputs = runlog.Log(folder / "run.log.zst"), runlog.Outputs(folder / "store.zip")
        for a in log.attempts:
            if any(b < 32 and b not in b"\n\t\r" for b in outputs.of(a)):
                worst = worst or (run, a, outputs.of(a))
    assert worst, "there is a test that writes such things"
    run, a, raw = worst
    words = ["output", run, a.key[0], a.key[1], "--attempt", str(a.key[3]), "--store", store.state]
    shown = on_terminal(nxctl, *words, "--color=never")
    assert not any(b < 32 and b not in b"\n\t\r" for b in shown) and b"\\u{" in shown and shown.endswith(b"\n")
    assert nxctl(*words).expect(0).out == raw
    assert on_terminal(nxctl, *words, "--raw").replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n")
