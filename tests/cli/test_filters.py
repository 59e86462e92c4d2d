"""nxctl list: which runs."""
import re
from datetime import datetime, timedelta, timezone

import pytest

from support import runlog, stores, trends


def listed(nxctl, state, *words, **kw):
    return nxctl("list", "--json", "--all", "--store", state, *words, **kw).expect(0).json["runs"]


@pytest.fixture
def many(recordings):
    return recordings / "many-runs" / "before-prune" / "state"


def test_status(nxctl, many):
    everything = listed(nxctl, many)
    for word in {r["status"] for r in everything}:
        assert listed(nxctl, many, "--status", word) == [r for r in everything if r["status"] == word] != []
    passed, failed = (listed(nxctl, many, "--status", w) for w in ("passed", "failed"))
    assert passed == [r for r in everything if r["exit_code"] == 0] != []
    assert failed == [r for r in everything if r["exit_code"] not in (0, None)] != []


def test_since_and_until(nxctl, many):
    everything = listed(nxctl, many)
    starts = sorted(runlog.instant(r["started_at"]) for r in everything)
    for word in (everything[20]["started_at"], everything[-1]["started_at"], "2026-11-24", "2026-11-24 09:30",
                 "2026-11-24T09:30:30", "2026-11-24T14:00:00+05:45"):
        since, until = (listed(nxctl, many, w, word) for w in ("--since", "--until"))
        assert until + since == everything[::1] or sorted(map(str, since + until)) == sorted(map(str, everything))
        if since:
            edge = min(runlog.instant(r["started_at"]) for r in since)
            assert all(runlog.instant(r["started_at"]) < edge for r in until)
    assert starts


def test_a_date_is_local(nxctl, many):
    """Midnight is where the user is."""
    word = "2026-11-24 12:00"
    at = {tz: len(listed(nxctl, many, "--since", word, env={"TZ": tz})) for tz in ("UTC", "XXX-3", "XXX+3")}
    for tz, hours in (("UTC", 0), ("XXX-3", -3), ("XXX+3", 3)):
        t = datetime(2026, 11, 24, 12, tzinfo=timezone.utc) + timedelta(hours=hours)
        assert at[tz] == len(listed(nxctl, many, "--since", t.strftime("%Y-%m-%dT%H:%M:%SZ"))), tz


def test_ago(nxctl, copy_state):
    state = copy_state("plain")
    d = next(iter(stores.runs_dirs(state).values()))
    doc = stores.read_list(d)
    now = datetime.now(timezone.utc)
    for run, hours in zip(doc["runs"], (1, 30, 24 * 20)):
        run["started-at"] = (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    stores.write_list(d, doc)
    for word, n in (("90s", 0), ("59m", 0), ("61m", 1), ("2h", 1), ("2d", 2), ("1w", 2), ("3w", 3)):
        assert len(listed(nxctl, state, "--since", word)) == n, word
        assert len(listed(nxctl, state, "--until", word)) == 3 - n, word


def test_profile(nxctl, recordings):
    for name in ("retries", "variations", "many-runs/before-prune"):
        state = recordings / name / "state"
        profiles = {r.id: r.log.profile for r in trends.runs(state)}
        everything = listed(nxctl, state)
        for word in set(profiles.values()) - {None}:
            assert listed(nxctl, state, "--profile", word) == [r for r in everything if profiles.get(r["id"]) == word] != []
        assert listed(nxctl, state, "--profile", "no-such") == []


def test_a_test_that_they_have(nxctl, recordings):
    state = recordings / "many-runs" / "before-prune" / "state"
    runs = {r.id: r.tests for r in trends.runs(state)}
    everything = listed(nxctl, state)
    names = sorted({n for tests in runs.values() for n in tests})
    assert len(names) > 1
    for binary, test in names:
        want = [r for r in everything if (binary, test) in runs.get(r["id"], {})]
        assert listed(nxctl, state, "--test", f"{binary} {test}") == want != []
        by_name = [r for r in everything if test in [t for _, t in runs.get(r["id"], {})]]
        assert listed(nxctl, state, "--test", test) == by_name
        some = [r for r in by_name if r["exit_code"] == 0]
        assert listed(nxctl, state, "--test", test, "--status", "passed", "--profile", "default") == \
            [r for r in some if r["id"] in {r.id for r in trends.runs(state) if r.log.profile == "default"}]
    assert listed(nxctl, state, "--test", "no such test") == []


def test_pages(nxctl, many):
    for words in ([], ["--status", "passed"], ["--profile", "default"], ["--since", "2026-11-24T09:00:00Z"]):
        want, got, after = listed(nxctl, many, *words), [], []
        while True:
            doc = nxctl("list", "--json", "--all", "--limit", "4", *words, *after, "--store", many).expect(0).json
            got += doc["runs"]
            if doc["next"] is None:
                break
            after = ["--after", doc["next"]]
        assert got == want and len(want) > 4


def test_pages_stay_in_order_while_runs_arrive(nxctl, copy_state):
    state = copy_state("many-runs/before-prune")
    before = listed(nxctl, state, "--status", "passed")
    first = nxctl("list", "--json", "--status", "passed", "--limit", "10", "--all", "--store", state).expect(0).json
    d = next(iter(stores.runs_dirs(state).values()))
    doc = stores.read_list(d)
    new = dict(doc["runs"][0], **{"run-id": "99999999-0000-4000-8000-000000000000", "started-at": "2026-12-24T00:00:00Z"})
    doc["runs"] = [r for r in doc["runs"] if r["run-id"] != first["runs"][-1]["id"]] + [new]
    stores.write_list(d, doc)
    rest = nxctl("list", "--json", "--status", "passed", "--after", first["next"], "--all", "--store", state).expect(0).json
    assert [r["id"] for r in first["runs"] + rest["runs"]] == [r["id"] for r in before]


def test_table(nxctl, recordings):
    state = recordings / "rerun" / "state"
    whole = nxctl("list", "--store", state).expect(0).text
    text = nxctl("list", "--status", "failed", "--store", state).expect(0).text
    n = len(listed(nxctl, state, "--status", "failed"))
    assert f"{n} of 10 recorded runs:" in text and "pruned parent" not in text
    rows = [re.sub(r"^[\s│├└─|\\-]+", "", line) for line in text.splitlines() if re.search(r"\b[0-9a-f]{8}\b", line)]
    assert len(rows) == n
    for row in rows:
        assert re.sub(r"\s+", " ", row) in re.sub(r"\s+", " ", whole)
    r = nxctl("list", "--profile", "nobody", "--store", state).expect(0)
    assert r.out == b"" and "no such runs" in r.err


def test_a_list_reads_no_log_without_need(nxctl, copy_state):
    """Neither do filters that the list alone can answer."""
    state = copy_state("plain")
    for path in state.rglob("run.log.zst"):
        path.chmod(0)
    assert len(listed(nxctl, state, "--status", "passed", "--since", "2026-01-01")) == 3
