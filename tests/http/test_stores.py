"""Stores that come, go, and are called otherwise, against one daemon."""
import sqlite3
import time

import pytest

from support import stores
from support.daemon import Daemon
from support.events import Stream


def wait(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def started(nxtraced_path, clean_env, empty_dir, tmp_path):
    def start(*given):
        words = [w for g in given for w in ("--store", str(g))]
        return Daemon(nxtraced_path, clean_env, empty_dir, *words, "--state-dir", str(tmp_path / "kept"), "--rescan", "0",
                      "--verbose")
    return start


def runs_of(daemon, **params):
    query = "&".join(f"{k}={v}" for k, v in {"limit": 1000, **params}.items())
    r = daemon.get(f"/api/v1/runs?{query}")
    while r.status == 503:
        time.sleep(0.02)
        r = daemon.get(f"/api/v1/runs?{query}")
    return r.expect(200).json["runs"]


def ids_of(daemon, **params):
    return [(r["workspace"]["store"], r["id"]) for r in runs_of(daemon, **params)]


def indexed(daemon):
    """Every run has been read."""
    for r in runs_of(daemon):
        w = r["workspace"]
        where = f"/api/v1/workspaces/{w['store']}:{w['name']}/runs/{r['id']}/tests?limit=1"
        wait(lambda where=where: daemon.get(where).status != 503)


def rows(tmp_path, sql):
    with sqlite3.connect(f"file:{tmp_path}/kept/index.db?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def test_one_goes_and_comes_back(started, copy_state, tmp_path):
    """Found by the watch, not by looking again and again; the runs of the other stay all the time."""
    a, b = copy_state("plain"), copy_state("retries")
    away = b.with_name("away")
    with started(f"a={a}", f"b={b}") as d:
        everything = ids_of(d)
        mine = [i for i in everything if i[0] == "a"]
        indexed(d)
        with Stream(d) as events:
            b.rename(away)
            wait(lambda: ids_of(d) == mine)
            removed = [events.next() for _ in range(len(everything) - len(mine))]
            assert {e.name for e in removed} == {"run-removed"} and {e.data["store"] for e in removed} == {"b"}
            assert [bool(s["problem"]) for s in d.get("/api/v1/workspaces").json["stores"]] == [False, True]
            away.rename(b)
            wait(lambda: ids_of(d) == everything)
        assert not any(s["problem"] for s in d.get("/api/v1/workspaces").json["stores"])
        assert rows(tmp_path, "SELECT count(*) FROM run WHERE on_disk=0") == [(0,)], "away is not pruned"


def test_one_that_comes_later(started, copy_state, tmp_path):
    a, b = copy_state("plain"), copy_state("retries")
    later = tmp_path / "not" / "yet"
    with started(f"a={a}", f"b={later}") as d:
        assert {r["workspace"]["store"] for r in runs_of(d)} == {"a"}
        later.parent.mkdir()
        b.rename(later)
        wait(lambda: {r["workspace"]["store"] for r in runs_of(d)} == {"a", "b"})
        assert d.get("/api/v1/workspaces").json["problem"] is None


def test_a_list_that_cannot_be_read_is_one_stores(started, copy_state):
    a, b = copy_state("plain"), copy_state("plain")
    (name, dir_b), = stores.runs_dirs(b).items()
    with started(f"a={a}", f"b={b}") as d:
        (dir_b / "new").write_bytes(b"garbage")
        (dir_b / "new").rename(dir_b / "runs.json.zst")

        def problems():
            return d.get("/api/v1/runs").expect(200).json["problems"]
        wait(problems)
        assert [(p["store"], p["workspace"], p["error"]["code"]) for p in problems()] == [("b", name, "bad-format")]
        assert d.get("/api/v1/runs?store=a").json["problems"] == []
        assert d.get("/api/v1/runs/latest?workspace=a:" + name).status == 200


def test_another_name(started, copy_state, tmp_path):
    """A store that is called otherwise, as when a second one is given, keeps what the index has read."""
    a, b = copy_state("retries"), copy_state("plain")
    with started(a) as d:
        indexed(d)
    before = rows(tmp_path, "SELECT id,uuid FROM run ORDER BY id")
    assert rows(tmp_path, "SELECT name,dir FROM store") == [("default", str(a))]
    with started(f"first={a}", f"second={b}") as d:
        indexed(d)
        assert len(runs_of(d)) == len(runs_of(d, pruned="yes")), "none is there twice"
    assert rows(tmp_path, "SELECT name FROM store ORDER BY name") == [("first",), ("second",)]
    assert rows(tmp_path, "SELECT r.id,r.uuid FROM run r JOIN workspace w ON w.id=r.workspace WHERE w.store='first' ORDER BY 1") == before


def test_an_index_of_the_version_before(started, copy_state, tmp_path):
    """It knew of one store without a name, and goes on: nothing is read again."""
    a = copy_state("retries")
    with started(a) as d:
        indexed(d)
    with sqlite3.connect(tmp_path / "kept" / "index.db") as db:
        before = db.execute("SELECT id,uuid,tests FROM run ORDER BY id").fetchall()
        db.executescript("DROP TABLE store; UPDATE workspace SET store=''; UPDATE run SET slots=77; PRAGMA user_version=1")
    for given in ([a], [f"called={a}", f"more={copy_state('plain')}"]):
        with started(*given) as d:
            indexed(d)
            shown = [r for r in runs_of(d, pruned="yes") if r["workspace"]["name"] == "_ssrc_sseedlings"]
            assert len(shown) == len(before) and all(r["on_disk"] for r in shown)
        assert rows(tmp_path, "SELECT id,uuid,tests FROM run WHERE slots=77 ORDER BY id") == before
    assert rows(tmp_path, "SELECT DISTINCT store FROM workspace ORDER BY 1") == [("called",), ("more",)]


def test_one_that_is_not_given_any_more(started, copy_state):
    """Its runs are history: they answer where pruned ones do."""
    a, b = copy_state("plain"), copy_state("retries")
    with started(f"a={a}", f"b={b}") as d:
        everything = runs_of(d)
        indexed(d)
    with started(f"a={a}") as d:
        mine = runs_of(d)
        assert {r["workspace"]["store"] for r in mine} == {"a"}
        wait(lambda: len(runs_of(d, pruned="yes")) == len(everything))
        gone = [r for r in runs_of(d, pruned="yes") if not r["on_disk"]]
        assert {r["workspace"]["store"] for r in gone} == {"b"} and len(gone) == len(everything) - len(mine)
        assert runs_of(d, pruned="yes", store="b") == gone
        assert runs_of(d, pruned="yes", workspace="b:_ssrc_sseedlings") == gone
        assert d.get("/api/v1/runs?store=b").status == 404
        one = gone[0]["id"]
        assert d.get(f"/api/v1/runs/{one}").expect(200).json["on_disk"] is False
        tests = d.get(f"/api/v1/runs/{one}/tests").expect(200).json
        assert tests["run"]["workspace"]["store"] == "b" and tests["run"]["on_disk"] is False
        t = tests["tests"][0]
        assert d.get(f"/api/v1/runs/{one}/tests/{t['binary']}/{t['test']}/output").status == 410


def test_a_change_has_only_its_own_looked_at(started, copy_state):
    """A list that came meanwhile without an event (over a link turned elsewhere) is not seen by the other's event."""
    a, b, c = copy_state("plain"), copy_state("retries"), copy_state("rerun")
    link = c.with_name("link")
    link.symlink_to(b)
    with started(f"a={a}", f"b={link}") as d:
        before = [i for i in ids_of(d) if i[0] == "b"]
        turned = link.with_name("turned")
        turned.symlink_to(c)
        turned.rename(link)
        (name, runs_dir), = stores.runs_dirs(a).items()
        gone = stores.read_list(runs_dir)["runs"][0]["run-id"]
        stores.drop_run(runs_dir, gone)
        wait(lambda: gone not in {r["id"] for r in runs_of(d)})
        assert [i for i in ids_of(d) if i[0] == "b"] == before


@pytest.mark.parametrize("given,words", [
    (["/u/one/nextest", "/u/two/nextest"], ["two stores are called `nextest`", "--store NAME=DIR"]),
    (["x=/a", "x=/b"], ["two stores are called `x`"]),
    (["a b=/c"], ["name", "letters, digits"]),
    ([""], ["--store"]),
    (["n" * 65 + "=/c"], ["at most 64"]),
])
def test_names_that_cannot_be(nxtraced_path, nxctl, clean_env, empty_dir, given, words):
    from support.run import Tool
    options = [w for g in given for w in ("--store", g)]
    for r in (Tool(nxtraced_path, clean_env, empty_dir)(*options), nxctl("list", *options)):
        assert r.code == 2, r
        for w in words:
            assert w in r.err, (w, r.err)
