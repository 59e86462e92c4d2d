"""nxctl --index: somebody else's file, read and never written."""
import hashlib
import json
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
def test_another_store(answers, recordings):
    index = filled(answers)
    for words in (["tests", "latest"], ["flaky", "--workspace", "_ssrc_sorchard"], ["list", "--pruned"], ["tests", "--search", "a"]):
        r = answers.nxctl(*words, "--index", index, "--store", recordings / "plain" / "state").expect(96)
        assert "this index is not of the store at" in r.err and "without --index, nxctl reads the recordings itself" in r.err


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


@pytest.fixture
def pruned(copy_state, nxctl, tmp_path, nxtraced_path, clean_env, empty_dir):
    """A store of 60 runs of which 20 are gone, and the index that knows them all: (ask, before, state, index)."""
    import time

    from support import stores
    from support.daemon import Daemon
    state = copy_state("many-runs/before-prune")
    before = nxctl("list", "--json", "--store", state).expect(0).json["runs"]
    with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state), "--state-dir", str(tmp_path / "k2")) as d:
        end = time.monotonic() + 60

        def until(check):
            while not check():
                assert time.monotonic() < end
                time.sleep(0.02)

        def ask(query):
            r = d.get("/api/v1/runs?" + query)
            return r.json["runs"] if r.status == 200 else []

        until(lambda: len(ask("profile=default&limit=1000")) > 40)
        runs_dir = next(iter(stores.runs_dirs(state).values()))
        doc = stores.read_list(runs_dir)
        gone = {r["id"] for r in before[::3]}
        doc["runs"] = [r for r in doc["runs"] if r["run-id"] not in gone]
        stores.write_list(runs_dir, doc)
        for run in gone:
            shutil.rmtree(runs_dir / run, ignore_errors=True)
        until(lambda: len(ask("pruned=yes&limit=1000")) == 60 and len(ask("limit=1000")) == 40)
        yield d, before, gone, state, tmp_path / "k2" / "index.db"


def test_a_list_with_pruned_runs(pruned, nxctl):
    d, before, gone, state, index = pruned
    ours = nxctl("list", "--pruned", "--json", "--index", index, "--store", state).expect(0)
    assert d.get("/api/v1/runs?pruned=yes&limit=1000").expect(200).body == ours.out
    runs = ours.json["runs"]
    assert [r["id"] for r in runs] == [r["id"] for r in before]
    for now, then in zip(runs, before):
        assert now["on_disk"] == (now["id"] not in gone)
        same = {k: v for k, v in then.items() if k not in ("prefix", "latest", "files", "on_disk", "problem")}
        assert {k: now[k] for k in same} == same
        if not now["on_disk"]:
            assert now["files"] == {"log": False, "store": False} and "pruned" in now["problem"]
            assert now["prefix"] == now["id"] and not now["latest"]
    for query in ("pruned=yes", "pruned=yes&status=passed", "pruned=yes&profile=default", "pruned=yes&since=2026-11-24T09:13:12Z",
                  "pruned=yes&workspace=" + before[0]["workspace"]["name"]):
        want = d.get(f"/api/v1/runs?limit=1000&{query}").expect(200).json["runs"]
        got, after = [], ""
        while after is not None:
            page = d.get(f"/api/v1/runs?limit=7&{query}{after and '&after=' + after}").expect(200).json
            got, after = got + page["runs"], page["next"]
        assert got == want and any(not r["on_disk"] for r in want) and any(r["on_disk"] for r in want)
    passed = d.get("/api/v1/runs?limit=1000&pruned=yes&status=passed").json["runs"]
    assert [r["id"] for r in passed] == [r["id"] for r in before if r["exit_code"] == 0]
    t = d.get("/api/v1/tests?limit=1").json["tests"][0]
    name = f"{t['binary']} {t['test']}".replace(" ", "%20").replace(":", "%3A")
    having = d.get(f"/api/v1/runs?limit=1000&pruned=yes&test={name}").json["runs"]
    history = d.get(f"/api/v1/tests/{t['binary']}/{t['test'].replace(':', '%3A')}/history?runs=1000").expect(200).json["runs"]
    assert [r["id"] for r in having] == [r["run"] for r in history]
    for second, want in (("9223372036854775807", before), ("-9223372036854775807", [])):
        far = f"pruned=yes&limit=1000&after={second}.0.{before[0]['id']}.1"
        assert [r["id"] for r in d.get(f"/api/v1/runs?{far}").expect(200).json["runs"]] == [r["id"] for r in want]
    assert d.get("/api/v1/runs?pruned=maybe").expect(400)


def test_a_pruned_run(pruned, nxctl):
    """Every row of the list leads to what is known of the run: the row, and what only the whole document says."""
    d, before, gone, state, index = pruned
    for row in d.get("/api/v1/runs?pruned=yes&limit=1000").expect(200).json["runs"]:
        there = row["id"] not in gone
        ws = row["workspace"]["name"]
        for target in (f"/api/v1/runs/{row['id']}", f"/api/v1/workspaces/{ws}/runs/{row['id'].upper()}"):
            body = d.get(target).expect(200).body
            info = json.loads(body)
            assert {k: info[k] for k in row} == row and info["on_disk"] == there
        ours = nxctl("info", row["id"], "--json", "--index", index, "--store", state).expect(0)
        assert ours.out == body
        text = nxctl("info", row["id"], "--index", index, "--store", state).expect(0).text
        at = f"/api/v1/workspaces/{ws}/runs/{row['id']}/timeline"
        over_time, said = nxctl("timeline", row["id"], "--json", "--index", index, "--store", state), d.get(at)
        if not there:
            assert said.expect(410).code == "gone" and "only its history is left" in over_time.expect(96).err
        elif said.status == 200:
            assert over_time.expect(0).out == said.body
        else:  # a format that nobody reads
            assert said.json["error"]["message"] in over_time.expect(96).err
        assert ("nextest has pruned it" in text) != there and ("run.log.zst" in text) == there
        if not there:
            nxctl("info", row["id"], "--no-index", "--store", state).expect(96)
    nobody = "00000000-0000-4000-8000-000000000000"
    r = d.get(f"/api/v1/runs/{nobody}").expect(404)
    assert r.json["error"]["message"] in nxctl("info", nobody, "--index", index, "--store", state).expect(96).err
    d.get(f"/api/v1/workspaces/nowhere/runs/{sorted(gone)[0]}").expect(404)


def test_a_table_with_pruned_runs(pruned, nxctl):
    _, before, gone, state, index = pruned
    text = nxctl("list", "--pruned", "--index", index, "--store", state).expect(0).text
    assert "40 recorded runs:" in text and "20 runs that nextest has pruned, by their whole ids:" in text
    rows = [line for line in text.splitlines() if line.strip()[:36] in gone]
    assert [r.strip()[:36] for r in rows] == [r["id"] for r in before if r["id"] in gone]
    few = nxctl("list", "--pruned", "--limit", "1", "--index", index, "--store", state).expect(0).text
    assert "1 run that nextest has pruned" in few and "recorded run" not in few
