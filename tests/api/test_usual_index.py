"""nxctl finds the daemon's index in its usual place: whatever state it is in, the answers are those without it."""
import json
import os
import shutil
import sqlite3
import time

import pytest

from support import stores
from support.daemon import Daemon

QUESTIONS = [["list", "--profile", "default"], ["list", "--test", "never_good"], ["tests"], ["tests", "--attempts", "all"],
             ["flaky"], ["slowest", "--runs", "3"], ["slowest", "--limit", "1000"], ["history", "never_good"],
             ["history", "never_good", "--runs", "2"], ["history", "nobody_wrote_this"], ["compare", "a0a7f8f3", "911a451e"],
             ["compare", "latest", "a0a7f8f3"], ["tests", "--search", "good"], ["tests", "ffffffff"],
             ["output", "--json", "a0a7f8f3", "never_good"], ["list", "--test", "good_at_3", "--limit", "2"]]


class Usual:
    """A store, and where the daemon keeps its index if it is told nothing."""

    def __init__(self, nxctl, env, state, path, cwd):
        self.nxctl, self.env, self.state, self.path, self.cwd = nxctl, env, state, path, cwd
        self.file = os.path.join(env["XDG_STATE_HOME"], "nxtrace", "index.db")
        self.runs_dir = next(iter(stores.runs_dirs(state).values()))

    def fill(self):
        """As a daemon that has read everything and ended."""
        with Daemon(self.path, self.env, self.cwd, "--store", str(self.state)) as d:
            end = time.monotonic() + 60
            for run in d.get("/api/v1/runs?limit=1000").expect(200).json["runs"]:
                while d.get(f"/api/v1/runs/{run['id']}/tests?limit=1").status == 503:
                    assert time.monotonic() < end
                    time.sleep(0.02)

    def ask(self, *words):
        json_too = [] if "--json" in words else ["--json"]
        return self.nxctl(words[0], *json_too, *words[1:], "--all" if "--search" not in words else "-v", "--store", self.state)

    def used(self, *words):
        """nxctl says which index it uses, or why none."""
        err = self.nxctl(*(words or ["flaky"]), "--all", "-v", "--store", self.state).err
        assert (f"index {self.file}" in err) != ("so recordings are read" in err), err
        return f"index {self.file}" in err

    def same(self, questions=QUESTIONS):
        """Every question with and without the index: the same bytes and errors; returns them."""
        for words in questions:
            got, want = self.ask(*words), self.ask(*words, "--no-index")
            quiet = [[l for l in r.err.splitlines() if l[:5] in ("error", "hint:")] for r in (got, want)]
            assert (got.code, got.out, quiet[0]) == (want.code, want.out, quiet[1]), f"{got}\n{want}"


@pytest.fixture
def usual(nxctl, clean_env, copy_state, nxtraced_path, empty_dir):
    return Usual(nxctl, clean_env, copy_state("retries"), nxtraced_path, empty_dir)


def ruin_logs(usual, *but):
    """What is still answered afterwards comes from nowhere but the index."""
    for log in usual.runs_dir.glob("*/run.log.zst"):
        if log.parent.name not in but:
            log.write_bytes(b"nothing")


def test_a_user_without_a_daemon_sees_no_difference(usual):
    usual.same()
    assert not usual.used()
    assert not os.path.exists(os.path.dirname(usual.file)), "nothing is made there"


def test_what_it_has_is_not_read(usual):
    usual.fill()
    usual.same()
    assert usual.used()
    before = [usual.ask(*w) for w in QUESTIONS if w[0] != "output"]
    ruin_logs(usual)
    after = [usual.ask(*w) for w in QUESTIONS if w[0] != "output"]
    assert [r.out for r in before] == [r.out for r in after]
    assert usual.ask("flaky").out != usual.ask("flaky", "--no-index").out, "the logs are gone indeed"


def test_it_is_not_written(usual):
    usual.fill()
    before = open(usual.file, "rb").read()
    for words in QUESTIONS:
        usual.ask(*words)
    assert open(usual.file, "rb").read() == before


@pytest.mark.parametrize("missing", [1, 3, 5])
def test_runs_that_came_since(usual, missing):
    """The newest, the oldest, and some between, are read; no others."""
    whole = stores.read_list(usual.runs_dir)
    new = [r["run-id"] for r in sorted(whole["runs"], key=lambda r: r["started-at"])][:: 6 // missing][:missing]
    stores.write_list(usual.runs_dir, {**whole, "runs": [r for r in whole["runs"] if r["run-id"] not in new]})
    usual.fill()
    stores.write_list(usual.runs_dir, whole)
    usual.same()
    assert usual.used()
    want = [usual.ask(*w).out for w in QUESTIONS if w[0] != "output"]
    ruin_logs(usual, *new)
    assert [usual.ask(*w).out for w in QUESTIONS if w[0] != "output"] == want, "only the new ones were read"


def test_a_log_that_has_grown(usual):
    """Cut while the daemon read it, whole afterwards; then a list entry that changed alone."""
    doc = stores.read_list(usual.runs_dir)
    run = doc["runs"][0]
    log = usual.runs_dir / run["run-id"] / "run.log.zst"
    whole = log.read_bytes()
    goes_on = {**run, "status": {"status": "incomplete", **{k: v for k, v in run["status"].items() if k == "initial-run-count"}}}
    for cut in (0, len(whole) // 2, len(whole) - 3):
        log.write_bytes(whole[:cut])
        stores.write_list(usual.runs_dir, {**doc, "runs": [goes_on, *doc["runs"][1:]]})
        usual.fill()
        usual.same()
        log.write_bytes(whole)
        usual.same()
        stores.write_list(usual.runs_dir, doc)
        usual.same()
        assert usual.used()
    usual.fill()
    stores.write_list(usual.runs_dir, {**doc, "runs": [{**run, "last-written-at": "2026-11-25T00:00:00Z"}, *doc["runs"][1:]]})
    usual.same()
    assert usual.used()


def test_while_it_is_written(usual):
    """A writer in the middle of something: what was there before is seen, and nobody waits."""
    usual.fill()
    db = sqlite3.connect(usual.file, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM exec")
    db.execute("UPDATE run SET tests=99,last_written=7")
    start = time.monotonic()
    usual.same(QUESTIONS[:6])
    assert usual.used() and time.monotonic() - start < 30
    db.execute("ROLLBACK")
    db.close()


def test_an_index_of_another_store(usual, copy_state, tmp_path):
    """Another place, even if it holds the same runs; and the same place under another path."""
    usual.fill()
    elsewhere = stores.copy_state(stores.data_dir() / "retries", tmp_path / "copy")
    r = usual.nxctl("flaky", "--all", "-v", "--store", elsewhere).expect(0)
    assert "this index is not of the store" in r.err
    (tmp_path / "link").symlink_to(usual.state)
    assert f"index {usual.file}" in usual.nxctl("flaky", "--all", "-v", "--store", tmp_path / "link").expect(0).err
    os.rename(usual.state, tmp_path / "gone")
    os.rename(elsewhere, usual.state)
    usual.same()


def test_an_index_of_several_stores(usual, tmp_path):
    """Only what is of this store is said; and it has the name that nxctl gives it."""
    other = stores.copy_state(stores.data_dir() / "plain", tmp_path / "other")
    with Daemon(usual.path, usual.env, usual.cwd, "--store", f"a={usual.state}", "--store", f"b={other}") as d:
        end = time.monotonic() + 60
        for run in d.get("/api/v1/runs?limit=1000").expect(200).json["runs"]:
            while d.get(f"/api/v1/runs/{run['id']}/tests?limit=1").status == 503:
                assert time.monotonic() < end
                time.sleep(0.02)
    usual.same()
    assert usual.used()
    assert not usual.used("tests", "--search", "e"), "names in the index are of both"
    r = usual.nxctl("tests", "--search", "e", "--index", usual.file, "--store", usual.state).expect(96)
    assert "tests of other stores" in r.err
    both = ["--store", f"x={usual.state}", "--store", f"y={other}", "--json"]
    for words in (["flaky", "--all"], ["slowest", "--all"], ["list", "--all", "--profile", "default"], ["tests", "--search", "e"]):
        assert usual.nxctl(*words, *both).expect(0).out == usual.nxctl(*words, *both, "--no-index").expect(0).out, words
    assert f"index {usual.file}" in usual.nxctl("tests", "--search", "e", "-v", *both).err


DAMAGE = {"text": lambda b: b"not a database\n" * 500, "empty": lambda b: b"", "cut": lambda b: b[:len(b) // 2],
          "head": lambda b: bytes(100) + b[100:], "header-only": lambda b: b[:100],
          "zeros": lambda b: b[:4096] + bytes(len(b) - 4096),
          "holes": lambda b: b"".join(b[i:i + 4096] if i % 8192 == 0 else bytes(4096) for i in range(0, len(b), 4096)),
          "noise": lambda b: b[:4096] + bytes((x ^ 0x55) & 255 for x in b[4096:])}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_index(usual, kind):
    usual.fill()
    path = usual.file
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = DAMAGE[kind](open(path, "rb").read())
    open(path, "wb").write(content)
    usual.same()
    assert open(path, "rb").read() == content, "it is left alone"


@pytest.mark.parametrize("step", [-1, 1])
def test_an_index_of_another_version(usual, step):
    usual.fill()
    with sqlite3.connect(usual.file) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version={version + step}")
    usual.same()
    assert not usual.used()


def test_what_is_no_file(usual):
    os.makedirs(usual.file)
    usual.same(QUESTIONS[:6])
    assert not usual.used()
    shutil.rmtree(os.path.dirname(usual.file))
    os.makedirs(os.path.dirname(usual.file))
    os.symlink("nowhere", usual.file)
    usual.same(QUESTIONS[:6])
    assert not usual.used()


def test_what_nextest_has_pruned(usual):
    """The one thing that only an index knows, the daemon or not having seen it go."""
    r = usual.nxctl("list", "--pruned", "--all", "--store", usual.state).expect(96)
    assert "only an index remembers" in r.err
    usual.fill()
    doc = stores.read_list(usual.runs_dir)
    gone = doc["runs"][0]["run-id"]
    stores.drop_run(usual.runs_dir, gone)
    for _ in range(2):
        listed = usual.ask("list", "--pruned").expect(0).json["runs"]
        assert [r["id"] for r in listed if not r["on_disk"]] == [gone] and len(listed) == len(doc["runs"])
        tests = usual.ask("tests", gone).expect(0).json
        assert not tests["run"]["on_disk"] and tests["tests"]
        info = usual.ask("info", gone).expect(0).json
        assert {k: info[k] for k in listed[0]} in listed and not info["on_disk"]
        usual.ask("info", gone, "--no-index").expect(96)
        past = usual.ask("history", tests["tests"][0]["binary"], tests["tests"][0]["test"]).expect(0).json["runs"]
        assert [r["run"] for r in past if not r["on_disk"]] == [gone]
        compared = usual.ask("compare", gone, "latest").expect(0).json
        assert not compared["base"]["on_disk"] and compared["head"]["on_disk"]
        usual.ask("tests", gone, "--no-index").expect(96)
        usual.fill()
