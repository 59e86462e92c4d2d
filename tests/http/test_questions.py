"""Questions about single tests: answered from an index that lives as long as its file, and comes back without it."""
import json
import signal
import time
import urllib.parse

import pytest

from support import stores

WORKSPACE = "_ssrc_sseedlings"


def until(ask, seconds=60):
    """The first answer that is no 503 (not indexed yet)."""
    end = time.monotonic() + seconds
    while True:
        r = ask()
        if r.status != 503:
            return r
        assert time.monotonic() < end, r.body
        time.sleep(0.02)


def fetch(d, target):
    r = until(lambda: d.get(target))
    assert r.status == 200, (target, r.body)
    return json.loads(r.body)


@pytest.fixture
def state_dir(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def retries(start, recordings, state_dir):
    return start("--store", recordings / "retries" / "state", "--state-dir", state_dir)


def test_tests_of_a_run(retries):
    doc = fetch(retries, "/api/v1/runs/a0a7f8f3/tests")
    assert doc["run"]["counts"]["flaky"] == 5 and len(doc["tests"]) == 10 and doc["next"] is None
    failed = fetch(retries, f"/api/v1/workspaces/{WORKSPACE}/runs/a0a7f8f3/tests?outcome=failed")
    assert {t["outcome"] for t in failed["tests"]} <= {"fail", "abort", "timeout-fail"} and len(failed["tests"]) == 3
    seen, after = [], ""
    while after is not None:
        page = fetch(retries, f"/api/v1/runs/a0a7f8f3/tests?attempts=all&limit=4{after and '&after=' + after}")
        seen += page["tests"]
        after = page["next"]
    assert len(seen) == 22


def test_history_flaky_slowest_compare(retries):
    h = fetch(retries, "/api/v1/tests/seedlings::flaky/sorrel_good_at_3/history")
    assert h["summary"]["flaky"] == 4 and len(h["runs"]) == 4
    assert len(fetch(retries, "/api/v1/flaky")["tests"]) >= 5
    slow = fetch(retries, f"/api/v1/workspaces/{WORKSPACE}/slowest?limit=3")["tests"]
    assert [t["p50_secs"] for t in slow] == sorted((t["p50_secs"] for t in slow), reverse=True) and len(slow) == 3
    doc = fetch(retries, "/api/v1/compare?base=a0a7f8f3&head=911a451e")
    assert [t["test"] for t in doc["fixed"]] == ["birch_good_at_4"]
    assert len(fetch(retries, "/api/v1/tests?text=good")["tests"]) == 9


def test_output(retries):
    base = "/api/v1/runs/a0a7f8f3/tests/seedlings%3A%3Aflaky/sorrel_good_at_3/output"
    r = until(lambda: retries.get(base))
    assert r.status == 200 and b"attempt 3\n" in r.body
    assert r.header("Content-Type").startswith("text/plain") and "sandbox" in r.header("Content-Security-Policy")
    assert r.header("X-Content-Type-Options") == "nosniff"
    assert b"attempt 1 is before 3" in retries.get(base + "?stream=stderr&attempt=1").body
    assert retries.get(base + "?attempt=9").status == 404
    assert retries.get(base.replace("sorrel", "nothing")).status == 404


@pytest.mark.parametrize("target, status", [
    ("/api/v1/runs/latest/tests?limit=0", 400),
    ("/api/v1/runs/latest/tests?outcome=splendid", 400),
    ("/api/v1/runs/latest/tests?sort=colour", 400),
    ("/api/v1/runs/latest/tests?no=1", 400),
    ("/api/v1/runs/latest/tests?limit=1&limit=2", 400),
    ("/api/v1/runs/ffffffff/tests", 404),
    ("/api/v1/runs/zz/tests", 400),
    ("/api/v1/compare?base=latest", 400),
    ("/api/v1/tests/a/b/history", 404),
    ("/api/v1/tests?after=x", 400),
    ("/api/v1/workspaces/_no/flaky", 404),
    ("/api/v1/flaky?runs=-1", 400),
])
def test_refusals(retries, target, status):
    fetch(retries, "/api/v1/runs/latest/tests")
    r = retries.get(target)
    assert r.status == status, r.body
    error = json.loads(r.body)["error"]
    assert error["code"] and error["message"]


def test_any_name_in_an_address(start, recordings, state_dir):
    """Names with slashes, quotes, control characters, line separators: each found again by its address."""
    d = start("--store", recordings / "names" / "state", "--state-dir", state_dir)
    fetch(d, "/api/v1/runs/latest/tests")
    names = fetch(d, "/api/v1/tests?limit=1000")["tests"]
    assert len(names) >= 20
    odd = 0
    for t in names:
        b, n = (urllib.parse.quote(t[k], safe="") for k in ("binary", "test"))
        odd += n != t["test"]
        h = fetch(d, f"/api/v1/tests/{b}/{n}/history")
        assert (h["binary"], h["test"]) == (t["binary"], t["test"]) and h["runs"]
    assert odd >= 10


def test_without_an_index(start, recordings, tmp_path):
    d = start("--store", recordings / "retries" / "state", "--no-index")
    r = d.get("/api/v1/runs/latest/tests")
    assert r.status == 503 and "--no-index" in json.loads(r.body)["error"]["hint"]
    assert d.get("/api/v1/runs").status == 200
    assert d.get("/traces/latest.json").status == 200


def test_a_place_that_cannot_be_written(start, recordings, tmp_path):
    (tmp_path / "file").write_text("")
    d = start("--store", recordings / "retries" / "state", "--state-dir", tmp_path / "file" / "below")
    assert d.get("/api/v1/runs/latest/tests").status == 503
    assert d.get("/traces/latest.json").status == 200
    d.stop()
    assert "no index" in d.running.text["stderr"].decode()


def test_restart_reads_nothing_again(start, recordings, tmp_path, state_dir):
    """With the logs taken away between two starts, everything but outputs is still answered."""
    state = stores.copy_state(recordings / "retries", tmp_path / "state")
    d = start("--store", state, "--state-dir", state_dir)
    before = fetch(d, "/api/v1/runs/a0a7f8f3/tests?attempts=all")
    assert d.stop() == 0
    for log in state.glob("projects/*/records/runs/*/run.log.zst"):
        log.unlink()
    d = start("--store", state, "--state-dir", state_dir)
    assert fetch(d, "/api/v1/runs/a0a7f8f3/tests?attempts=all") == before
    r = d.get("/api/v1/runs/a0a7f8f3/tests/seedlings::flaky/never_good/output")
    assert r.status == 410


def test_pruned_runs_stay_as_history(start, recordings, tmp_path, state_dir):
    state = stores.copy_state(recordings / "many-runs" / "before-prune", tmp_path / "state")
    d = start("--store", state, "--state-dir", state_dir)
    names = fetch(d, "/api/v1/tests")["tests"]
    target = "/api/v1/tests/{binary}/{test}/history".format(**names[0])
    before = fetch(d, target)
    assert all(r["on_disk"] for r in before["runs"]) and len(before["runs"]) > 3
    (runs_dir,) = stores.runs_dirs(state).values()
    gone = before["runs"][-1]["run"]
    stores.drop_run(runs_dir, gone)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        after = fetch(d, target)
        if not after["runs"][-1]["on_disk"]:
            break
        time.sleep(0.05)
    assert after["runs"][-1]["run"] == gone and not after["runs"][-1]["on_disk"]
    assert after["summary"] == before["summary"]
    assert fetch(d, f"/api/v1/runs/{gone}/tests")["run"]["on_disk"] is False


def test_a_damaged_index_is_put_aside(start, recordings, state_dir):
    state_dir.mkdir()
    (state_dir / "index.db").write_bytes(b"no database at all, " * 400)
    d = start("--store", recordings / "retries" / "state", "--state-dir", state_dir)
    assert len(fetch(d, "/api/v1/runs/a0a7f8f3/tests")["tests"]) == 10
    assert [p.name for p in state_dir.glob("*.damaged-*")] == ["index.db.damaged-1"]
    d.stop()
    assert "put aside" in d.running.text["stderr"].decode()


def test_killed_at_any_moment(start, recordings, state_dir):
    """SIGKILL while it indexes: the next one goes on, and ends with what a fresh index holds."""
    store = recordings / "many-runs" / "before-prune" / "state"
    for wait in (0, 0.005, 0.02, 0.05):
        d = start("--store", store, "--state-dir", state_dir)
        time.sleep(wait)
        d.running.process.send_signal(signal.SIGKILL)
        d.running.wait(killed_by=(signal.SIGKILL,))
    d = start("--store", store, "--state-dir", state_dir)
    fresh = start("--store", store, "--state-dir", state_dir.parent / "fresh")
    for target in ("/api/v1/flaky", "/api/v1/slowest", "/api/v1/tests"):
        end = time.monotonic() + 30
        while fetch(d, target) != fetch(fresh, target):
            assert time.monotonic() < end, target
            time.sleep(0.05)
