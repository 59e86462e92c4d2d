"""nxctl tests: every attempt of every recording, against a second reading of its log."""
import pytest

from support import expected, runlog, stores

ENTRY = ["binary", "test", "stress_index", "attempt", "last", "outcome", "passed", "flaky", "slow", "started_at",
         "duration_secs", "slot", "group"]


def logs(store):
    """(workspace's name, run's list entry, its log's path) of all runs that have one."""
    for d in stores.runs_dirs(store / "state").values():
        try:
            runs = stores.read_list(d).get("runs", [])
        except (ValueError, AttributeError, OSError):
            continue
        for run in runs:
            path = d / run["run-id"].lower() / "run.log.zst"
            if path.is_file() and run.get("store-format-version") == 2:
                yield d.parent.parent.name, run, path


@pytest.mark.parametrize("store", **expected.named_stores())
def test_every_attempt(nxctl, store):
    seen = 0
    for workspace, run, path in logs(store):
        log = runlog.Log(path)
        r = nxctl("tests", run["run-id"], "--attempts", "all", "--json", "--store", store / "state", "--workspace", workspace)
        if r.code == 96 and store.parent.name == "formats" and store.name != "bad-logs":
            continue  # a list made unreadable, or one that names an id twice
        doc = r.expect(0).json
        assert list(doc) == ["run", "tests", "next"] and doc["next"] is None
        rows = {(t["binary"], t["test"], t["stress_index"], t["attempt"]): t for t in doc["tests"]}
        ended = {k: t for k, t in rows.items() if t["outcome"] != "running"}
        if log.cut or "bad-logs" in str(store):
            continue  # zstd gives less of what is cut; nxctl forgives, and refuses, other things than this reading does
        assert len(rows) == len(doc["tests"])
        assert sorted(map(str, ended)) == sorted(str(a.key) for a in log.attempts)
        for a in log.attempts:
            t = rows[a.key]
            assert list(t) == ENTRY
            assert (t["outcome"], t["passed"], t["flaky"], t["slow"], t["last"]) == \
                (a.outcome, a.passed, a.flaky, a.slow, a.last), a.key
            assert (t["slot"], t["group"]) == (a.slot, a.group), a.key
            assert runlog.instant(t["started_at"]) == a.start, a.key
            assert round(t["duration_secs"] * 10**9) == a.duration, a.key
            seen += 1
        going_on = {k[:2]: t["attempt"] for k, t in rows.items() if t["outcome"] == "running"}
        assert going_on == log.running
        assert doc["run"]["profile"] == log.profile and doc["run"]["stress"] == log.stress
        decided = [a for a in log.attempts if a.last]
        counts = doc["run"]["counts"]
        assert counts["passed"] == sum(a.passed for a in decided) and counts["failed"] == sum(not a.passed for a in decided)
        assert counts["flaky"] == sum(a.flaky for a in decided) and counts["running"] == len(log.running)
        assert counts["executions"] == len(rows) and counts["skipped"] == log.skipped
    if store.name in ("plain", "retries", "stress", "output"):
        assert seen > 10


def test_counts_are_those_of_the_list(nxctl, recordings):
    """nextest counts the same tests as passed and failed."""
    for name in ("plain", "retries", "failures", "cancelled", "groups", "variations", "slow-timeout", "output"):
        state = recordings / name / "state"
        for run in nxctl("list", "--json", "--store", state, "--all").expect(0).json["runs"]:
            if run["counts"] and run["counts"]["unit"] == "tests" and run["files"]["log"]:
                doc = nxctl("tests", "--json", run["id"], "--store", state, "--all").expect(0).json
                got = doc["run"]["counts"]
                assert (got["passed"], got["failed"]) == (run["counts"]["passed"], run["counts"]["failed"]), run["id"]


def ask_tests(nxctl, state, *words):
    return nxctl("tests", "--json", "--store", state, *words).expect(0).json["tests"]


def test_filters_and_order(nxctl, store_of):
    state = store_of("retries").state
    everything = ask_tests(nxctl, state, "a0a7f8f3", "--attempts", "all")
    last = ask_tests(nxctl, state, "a0a7f8f3")
    assert last == [t for t in everything if t["last"]] and len(everything) > len(last)
    assert [(t["binary"], t["test"]) for t in last] == sorted((t["binary"], t["test"]) for t in last)
    assert ask_tests(nxctl, state, "a0a7f8f3", "--outcome", "flaky") == [t for t in last if t["flaky"]] != []
    assert ask_tests(nxctl, state, "a0a7f8f3", "--outcome", "failed") == [t for t in last if not t["passed"]] != []
    assert ask_tests(nxctl, state, "a0a7f8f3", "--outcome", "passed") == [t for t in last if t["passed"]] != []
    slow = ask_tests(nxctl, state, "a0a7f8f3", "--outcome", "timeout-fail", "--attempts", "all")
    assert slow == [t for t in everything if t["outcome"] == "timeout-fail"] != []
    assert ask_tests(nxctl, state, "a0a7f8f3", "--text", "FLAKY birch") == [t for t in last if "birch" in t["test"]] != []
    by_time = ask_tests(nxctl, state, "a0a7f8f3", "--sort", "duration")
    assert by_time == sorted(last, key=lambda t: -t["duration_secs"])
    by_start = ask_tests(nxctl, state, "a0a7f8f3", "--sort", "start")
    assert by_start == sorted(last, key=lambda t: t["started_at"])
    pages, after = [], []
    while True:
        doc = nxctl("tests", "--json", "--store", state, "a0a7f8f3", "--limit", "3", *after).expect(0).json
        pages += doc["tests"]
        if doc["next"] is None:
            break
        after = ["--after", doc["next"]]
    assert pages == last


def test_table(nxctl, store_of):
    state = store_of("retries").state
    text = nxctl("tests", "a0a7f8f3", "--store", state).expect(0).text
    lines = text.splitlines()
    assert lines[0].startswith("Run a0a7f8f3 of 2026-11-24 ") and "10 tests, 7 passed (5 flaky), 3 failed" in lines[0]
    assert lines[2].split() == ["outcome", "try", "duration", "slot", "test"] and len(lines) == 13
    assert any(line.split()[:3] == ["pass", "flaky", "3"] and line.endswith("seedlings::flaky sorrel_good_at_3") for line in lines)
    ends = {line.index("seedlings::flaky") for line in lines[3:]}
    assert len(ends) == 1, "aligned"
    assert "\x1b" not in text and "\x1b[31;1mfail" in nxctl("tests", "a0a7f8f3", "--color=always", "--store", state).text
    assert "and more: `--after 2` shows them" in nxctl("tests", "a0a7f8f3", "--limit", "2", "--store", state).text


def test_latest_is_the_default(nxctl, plain):
    assert nxctl("tests", "--json", "--store", plain.state).out == nxctl("tests", "--json", "latest", "--store", plain.state).out


def test_names_do_not_move_the_cursor(nxctl, store_of):
    state = store_of("names").state
    for run in nxctl("list", "--json", "--store", state).json["runs"]:
        text = nxctl("tests", run["id"], "--store", state).expect(0).text
        assert not set(text) & set("\x1b\x07\r\u202e")


def test_a_run_without_a_log(nxctl, store_of):
    many = store_of("many-runs/before-prune")
    r = nxctl("tests", "5985f7c2", "--store", many.state).expect(96)
    assert "the log of run 5985f7c2" in r.err and "gone" in r.err
    r = nxctl("tests", "ffff", "--store", many.state).expect(96)
    assert "no recorded run found matching `ffff`" in r.err and "hint: " in r.err


def test_search(nxctl, recordings):
    state = recordings / "two-projects" / "state"
    every = nxctl("tests", "--search", "", "--json", "--store", state).expect(0).json["tests"]
    assert every == sorted(every, key=lambda t: (t["binary"], t["test"])) and len(every) > 5
    word = every[2]["test"][-4:].upper()
    some = nxctl("tests", "--search", word, "--json", "--store", state).expect(0).json["tests"]
    assert some == [t for t in every if word.lower() in f"{t['binary']} {t['test']}".lower()] != []
    text = nxctl("tests", "--search", word, "--store", state).expect(0).text
    assert text.splitlines() == [f"{t['binary']} {t['test']}" for t in some]
    first = nxctl("tests", "--search", "", "--limit", "2", "--json", "--store", state).expect(0).json
    assert first["tests"] == every[:2]
    rest = nxctl("tests", "--search", "", "--after", first["next"], "--json", "--store", state).expect(0).json
    assert rest["tests"] == every[2:] and rest["next"] is None
    assert "no test has that" in nxctl("tests", "--search", "no such thing", "--store", state).expect(0).err
