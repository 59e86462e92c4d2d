"""history, flaky, slowest, compare: against a second computation from the logs."""
import pytest

from support import runlog, trends

STORES = ["retries", "rerun", "stress", "failures", "many-runs/before-prune", "two-projects", "variations", "cancelled"]


@pytest.fixture(params=STORES)
def store(request, store_of):
    return store_of(request.param)


def ask(nxctl, store, *words):
    return nxctl(*words, "--json", "--all", "--store", store.state).expect(0).json


def ns(seconds):
    return round(seconds * 10**9)


def test_history(nxctl, store):
    runs = trends.runs(store.state)
    names = sorted({n for r in runs for n in r.tests})
    for binary, test in names[:: max(1, len(names) // 12)]:
        doc = nxctl("history", "--json", "--all", "--store", store.state, "--", binary, test).expect(0).json
        having = [r for r in runs if (binary, test) in r.tests]
        assert [r["run"] for r in doc["runs"]] == [r.id for r in having]
        bad, streak = None, True
        for got, run in zip(doc["runs"], having):
            v = run.tests[binary, test]
            failed = v.failed or (not v.decided and v.gave_up)
            running = (binary, test) in run.log.running
            assert got["outcome"] == ("running" if running else "failed" if failed else "passed")
            assert got["flaky"] == v.flaky and runlog.instant(got["started_at"]) == run.start
            if not running:
                assert ns(got["duration_secs"]) == v.duration
            attempts = [(a.key[2], a.key[3], a.outcome) for a in run.log.attempts if a.key[:2] == (binary, test)]
            shown = [(a["stress_index"], a["attempt"], a["outcome"]) for a in got["attempts"] if a["outcome"] != "running"]
            assert sorted(shown, key=str) == sorted(attempts, key=str)
            streak = streak and got["outcome"] != "passed"
            bad = run.id if streak and got["outcome"] == "failed" else bad
        s = doc["summary"]
        outcomes = [r["outcome"] for r in doc["runs"]]
        assert (s["runs"], s["passed"], s["failed"]) == \
            (len(outcomes) - outcomes.count("running"), outcomes.count("passed"), outcomes.count("failed"))
        times = [r.tests[binary, test].duration for r, o in zip(having, outcomes) if o == "passed"]
        if times:
            assert (ns(s["p50_secs"]), ns(s["p95_secs"])) == (trends.percentile(times, 50), trends.percentile(times, 95))
        else:
            assert s["p50_secs"] is None
        assert (s["first_bad"] or {"run": None})["run"] == bad


@pytest.mark.parametrize("newest", [1, 3, 1000])
def test_flaky(nxctl, store, newest):
    runs = trends.runs(store.state)[:newest]
    doc = ask(nxctl, store, "flaky", "--runs", str(newest), "--limit", "1000")
    assert doc["runs"] == len(runs)
    want = {n: t for n, t in trends.trends(runs).items() if t.flaky or t.flips >= 2}
    got = {(t["binary"], t["test"]): t for t in doc["tests"]}
    assert set(got) == set(want) and doc["more"] == 0
    for name, t in want.items():
        g = got[name]
        assert (g["runs"], g["flaky_runs"], g["failed_runs"], g["flips"]) == (t.runs, t.flaky, t.failed, t.flips), name
        assert (g["last_flaky_at"] and runlog.instant(g["last_flaky_at"])) == t.last_flaky
    order = [(-t["flaky_runs"], -t["flips"], t["binary"], t["test"]) for t in doc["tests"]]
    assert order == sorted(order)


@pytest.mark.parametrize("newest", [1, 4, 1000])
def test_slowest(nxctl, store, newest):
    found = trends.trends(trends.runs(store.state)[:newest])
    doc = ask(nxctl, store, "slowest", "--runs", str(newest), "--limit", "1000")
    got = {(t["binary"], t["test"]): t for t in doc["tests"]}
    assert set(got) == set(found)
    for name, t in found.items():
        g = got[name]
        assert ns(g["p50_secs"]) == trends.percentile(t.durations, 50) and ns(g["p95_secs"]) == trends.percentile(t.durations, 95)
        assert (ns(g["max_secs"]), ns(g["total_secs"])) == (max(t.durations), sum(t.durations))
        assert (g["runs"], g["slow_runs"]) == (t.runs, t.slow)
    medians = [t["p50_secs"] for t in doc["tests"]]
    assert medians == sorted(medians, reverse=True)
    few = ask(nxctl, store, "slowest", "--runs", str(newest), "--limit", "2")
    assert few["tests"] == doc["tests"][:2] and few["more"] == max(0, len(found) - 2)


def threshold(before, base):
    """As doc/API.md says: 50 ms, a quarter, or four times the median deviation of 20 runs."""
    need = max(base // 100 * 25, 50 * 10**6)
    if before and before.durations and len(before.durations) >= 4:
        middle = trends.percentile(before.durations, 50)
        deviation = trends.percentile([abs(d - middle) for d in before.durations], 50)
        if deviation > need // 4:
            return deviation * 4
    return need


def test_compare(nxctl, store):
    runs = [r for r in trends.runs(store.state) if sum(x.id == r.id for x in trends.runs(store.state)) == 1]
    for base, head in [(runs[i], runs[j]) for i, j in ((0, 1), (1, 0), (-1, 0), (2, 2), (3, 1)) if max(i, j) < len(runs)]:
        doc = ask(nxctl, store, "compare", base.id, head.id)
        assert (doc["base"]["id"], doc["head"]["id"]) == (base.id, head.id)
        before = trends.trends([r for r in trends.runs(store.state)
                                if r.workspace == base.workspace and r.start <= base.start][:20])
        want = {k: set() for k in ("newly_failing", "fixed", "still_failing", "new", "removed", "slower", "faster")}
        for name in {**base.tests, **head.tests}:
            b, h = base.tests.get(name), head.tests.get(name)
            b, h = b if b and b.decided else None, h if h and h.decided else None
            if b and h and h.failed:
                kind = "still_failing" if b.failed else "newly_failing"
            elif b and h and b.failed:
                kind = "fixed"
            elif b and h:
                need = threshold(before.get(name), b.duration)
                kind = "slower" if h.duration - b.duration > need else "faster" if b.duration - h.duration > need else None
            elif h:
                kind = "newly_failing" if h.failed else "new"
            else:
                kind = "removed" if b else None
            if kind:
                want[kind].add(name)
        for kind, names in want.items():
            assert {(t["binary"], t["test"]) for t in doc[kind]} == names, (base.id, head.id, kind)
            for t in doc[kind]:
                for side, run in (("base", base), ("head", head)):
                    v = run.tests.get((t["binary"], t["test"]))
                    if t[side]:
                        assert (t[side]["outcome"] == "failed", t[side]["flaky"]) == (v.failed, v.flaky)
                        assert ns(t[side]["duration_secs"]) == v.duration
                    else:
                        assert not v or not v.decided


def test_compare_with_the_latest_is_the_default(nxctl, plain):
    a, b = (nxctl("compare", "dc88651a", *w, "--json", "--store", plain.state).expect(0).out for w in ([], ["latest"]))
    assert a == b


def test_texts(nxctl, store_of):
    state = store_of("retries").state
    text = nxctl("history", "sorrel_good_at_3", "--store", state).expect(0).text
    assert "4 runs: 3 passed, 4 flaky, 1 failed; median 0.010s, p95 0.010s" in text
    assert "failing since run d4ea8d2d" in text and text.count("\n  ") == 7
    text = nxctl("flaky", "--store", state).expect(0).text
    assert text.startswith("Over the newest 6 runs:\n") and "seedlings::flaky dies_then_good" in text
    text = nxctl("slowest", "--limit", "2", "--store", state).expect(0).text
    assert len(text.splitlines()) == 7 and "more: a larger `--limit`" in text
    text = nxctl("compare", "a0a7f8f3", "911a451e", "--store", state).expect(0).text
    assert "Fixed (1):" in text and "Still failing (2):" in text and "Slower" not in text
    none = nxctl("compare", "latest", "--store", store_of("plain").state).expect(0).text
    assert none.endswith("\nNothing that matters is different.\n")
    for words in (["flaky"], ["slowest"], ["tests"], ["history", "never_good"], ["compare", "a0a7f8f3"]):
        plain = nxctl(*words, "--store", state).expect(0)
        assert "\x1b" not in plain.text
        assert "\x1b" in nxctl(*words, "--color=always", "--store", state).expect(0).text


def test_history_names(nxctl, store_of):
    state = store_of("two-projects").state
    r = nxctl("history", "tests::fern", "--all", "--store", state).expect(96)
    assert "is ambiguous, matches 2 tests:\n  fern-odd tests::fern\n  maple-south tests::fern\n" in r.err
    nxctl("history", "fern-odd", "tests::fern", "--all", "--store", state).expect(0)
    r = nxctl("history", "no_such", "--all", "--store", state).expect(96)
    assert "no test `no_such` has been seen" in r.err and "--search" in r.err
    r = nxctl("history", "no", "such", "--all", "--store", state).expect(96)
    assert "no test `such` of `no` has been seen" in r.err


def test_workspaces_are_apart(nxctl, store_of):
    state = store_of("two-projects").state
    for words in (["flaky"], ["slowest"]):
        sums = {}
        for run in nxctl("list", "--all", "--json", "--store", state).json["runs"]:
            sums[run["workspace"]["name"]] = sums.get(run["workspace"]["name"], 0) + 1
        for name, n in sums.items():
            assert nxctl(*words, "--json", "--workspace", name, "--store", state).expect(0).json["runs"] == n
        assert nxctl(*words, "--json", "--all", "--store", state).expect(0).json["runs"] == sum(sums.values())


def test_nothing_recorded(nxctl, tmp_path):
    (tmp_path / "empty" / "projects").mkdir(parents=True)
    for state in (tmp_path / "empty", None):
        where = ["--store", state] if state else []
        assert nxctl("flaky", "--json", *where).expect(0).json == {"runs": 0, "tests": [], "more": 0}
        r = nxctl("slowest", *where).expect(0)
        assert r.out == b"" and "no recorded runs" in r.err
        assert "no recorded runs exist" in nxctl("compare", "latest", *where).expect(96).err
        assert "no recorded runs exist" in nxctl("tests", *where).expect(96).err
        nxctl("history", "x", *where).expect(96)


@pytest.mark.parametrize("where", [["--all"], ["--workspace", "_ssrc_sgrafting"]])
def test_an_unreadable_list_is_told(nxctl, recordings, where):
    """What a workspace has is not known then; that is no reason to say it were busy, or not there."""
    state = recordings / "formats" / "list-garbage" / "state"
    r = nxctl("flaky", "--json", *where, "--store", state).expect(96)
    assert r.json["runs"] == 0 and "runs.json.zst" in r.err
