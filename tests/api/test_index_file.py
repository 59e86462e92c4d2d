"""nxctl --index: somebody else's file, read and never written."""
import hashlib
import shutil
import sqlite3

import pytest

ONLY = pytest.mark.parametrize("store_name", ["retries"], indirect=True)


def filled(a):
    a.http("TESTS", run="latest")
    assert a.theirs("FLAKY", runs=3).expect(0).json["runs"] == 3
    return a.index


@ONLY
def test_it_is_not_written(answers, tmp_path):
    index = filled(answers)
    answers.daemon.stop()
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in index.parent.iterdir() if "shm" not in p.name}
    for words in (["flaky"], ["tests"], ["history", "never_good"], ["compare", "a0a7f8f3"], ["tests", "--search", "x"],
                  ["output", "a0a7f8f3", "never_good"], ["list", "--profile", "exp"]):
        answers.nxctl(*words, "--index", index, "--store", answers.state).expect(0)
    after = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in index.parent.iterdir() if "shm" not in p.name}
    assert {n: h for n, h in after.items() if "wal" not in n} == {n: h for n, h in before.items() if "wal" not in n}


@ONLY
def test_no_such_file(answers, tmp_path):
    r = answers.nxctl("flaky", "--index", tmp_path / "none.db", "--store", answers.state).expect(96)
    assert "none.db" in r.err and "without --index, nxctl reads the recordings itself" in r.err
    assert not (tmp_path / "none.db").exists()


@ONLY
def test_no_index_at_all(answers, tmp_path):
    for name, content in (("text", b"not a database\n" * 500), ("empty", b""), ("folder", None)):
        path = tmp_path / name
        path.mkdir() if content is None else path.write_bytes(content)
        r = answers.nxctl("flaky", "--index", path, "--store", answers.state).expect(96)
        assert r.err.startswith("error: ") and name in r.err and r.out == b""
        assert content is None or path.read_bytes() == content, "it is left alone"


@ONLY
def test_a_later_version(answers, tmp_path):
    index = filled(answers)
    answers.daemon.stop()
    copy = tmp_path / "later.db"
    for suffix in ("", "-wal"):
        if index.with_name(index.name + suffix).exists():
            shutil.copy(index.with_name(index.name + suffix), copy.with_name(copy.name + suffix))
    with sqlite3.connect(copy) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version={version + 1}")
    r = answers.nxctl("flaky", "--index", copy, "--store", answers.state).expect(96)
    assert f"index of version {version + 1}" in r.err and "hint: " in r.err


@ONLY
def test_runs_that_it_does_not_have_yet(answers, recordings):
    """Another store's index: everything is there but what is asked for."""
    index = filled(answers)
    r = answers.nxctl("tests", "latest", "--index", index, "--store", recordings / "plain" / "state").expect(96)
    assert "has not been read into the index yet" in r.err and "without --index, nxctl reads it itself" in r.err
    r = answers.nxctl("flaky", "--index", index, "--workspace", "_ssrc_sorchard", "--store", recordings / "plain" / "state")
    assert r.code == 96 and "has not been read into the index yet" in r.err


@ONLY
def test_what_nextest_pruned_is_still_known(answers, copy_state, nxctl, tmp_path, nxtraced_path, clean_env, empty_dir):
    """By its whole id; its outputs went with it."""
    import time

    from support import stores
    from support.daemon import Daemon
    state = copy_state("retries")
    with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state), "--state-dir", str(tmp_path / "k2")) as d:
        end = time.monotonic() + 60
        while d.get("/api/v1/runs/a0a7f8f3/tests").status == 503:
            assert time.monotonic() < end
            time.sleep(0.02)
        whole = d.get("/api/v1/runs/a0a7f8f3/tests").expect(200).json
        run = whole["run"]["id"]
        runs_dir = next(iter(stores.runs_dirs(state).values()))
        doc = stores.read_list(runs_dir)
        doc["runs"] = [r for r in doc["runs"] if r["run-id"] != run]
        stores.write_list(runs_dir, doc)
        shutil.rmtree(runs_dir / run)
        while d.get(f"/api/v1/runs/{run}/tests").json.get("run", {}).get("on_disk", True):
            assert time.monotonic() < end
            time.sleep(0.02)
        after = d.get(f"/api/v1/runs/{run}/tests").expect(200).json
        assert after == {**whole, "run": {**whole["run"], "on_disk": False}}
        d.get("/api/v1/runs/a0a7f8f3/tests").expect(404)
        index = tmp_path / "k2" / "index.db"
        assert nxctl("tests", run, "--json", "--index", index, "--store", state).expect(0).json == after
        r = nxctl("output", run, "never_good", "--index", index, "--store", state).expect(96)
        assert "only its history is left" in r.err
        h = nxctl("history", "never_good", "--index", index, "--store", state).expect(0)
        assert "no longer on disk" in h.text
        nxctl("tests", run, "--store", state).expect(96)
