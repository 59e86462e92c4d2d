"""nxctl over several stores: what it shows, and how one is chosen."""
import json
import time

import pytest

from support import stores

NORTH = "_ssrc_sfields_snorth"
COMMON = "980f54a7-b6d5-468c-9002-4a0336099fff"


@pytest.fixture
def two(copy_state, tmp_path):
    """The same workspaces in two stores; one directory is there, and in both."""
    a, b = copy_state("two-projects"), copy_state("two-projects")
    d = tmp_path / "here" / "north"
    d.mkdir(parents=True)
    for state in (a, b):
        stores.move_workspace(state, NORTH, d)
    first, second = (stores.runs_dirs(s)[stores.encode(d)] for s in (a, b))
    for run in stores.read_list(first)["runs"]:
        if run["run-id"] != COMMON:
            stores.drop_run(second, run["run-id"])
    return ["--store", f"a={a}", "--store", f"b={b}"], d, a, b


def ids(r):
    return [(run["workspace"]["store"], run["id"]) for run in r.expect(0).json["runs"]]


def test_a_column_only_with_several(nxctl, two, empty_dir):
    given, d, a, b = two
    several = nxctl("list", *given, cwd=empty_dir).expect(0).text
    assert f"workspace: {d}  (store a)\n" in several and f"workspace: {d}  (store b)\n" in several
    assert several.index("(store a)") < several.index("(store b)")
    for one in (["--store", a], ["--store", f"a={a}"]):
        text = nxctl("list", *one, cwd=empty_dir).expect(0).text
        assert f"workspace: {d}\n" in text and "store" not in text
    # Selected rows are told apart as well.
    both = nxctl("list", "--since", "2000-01-01", *given, cwd=empty_dir).expect(0).text
    assert both == several


def test_info_names_the_store(nxctl, two):
    given, d, _, _ = two
    text = nxctl("info", COMMON, "-w", f"b:{stores.encode(d)}", *given).expect(0).text
    assert f"{d}  (store b)" in text
    assert "(store" not in nxctl("info", COMMON, *given[2:], "--all").expect(0).text


def test_which_workspace(nxctl, two, empty_dir):
    """By its directory, its path, or its folder's name, with or without its store."""
    given, d, a, b = two
    in_b = [("b", COMMON)]
    for word in (f"b:{stores.encode(d)}", f"b:{d}", f"b:{d}/"):
        assert ids(nxctl("list", "--json", "-w", word, *given, cwd=empty_dir)) == in_b, word
        assert ids(nxctl("list", "--json", "--workspace", word, *given, cwd=empty_dir)) == in_b
    for word in (stores.encode(d), str(d)):
        r = nxctl("list", "-w", word, *given, cwd=empty_dir).expect(96)
        assert f"\n  a:{stores.encode(d)}\n  b:{stores.encode(d)}" in r.err and "`--workspace STORE:NAME`" in r.err
    r = nxctl("list", "-w", "b:nowhere", *given).expect(96)
    assert "b:nowhere" in r.err and "a:_ssrc" in r.err
    nxctl("list", "-w", f"c:{d}", *given).expect(96)


def test_the_current_directory(nxctl, two):
    """Where several stores have it, one has to be chosen."""
    given, d, a, b = two
    r = nxctl("list", *given, cwd=d).expect(96)
    assert "2 stores have a workspace" in r.err and "--all" in r.err
    assert {s for s, _ in ids(nxctl("list", "--json", "--all", *given, cwd=d))} == {"a", "b"}
    assert ids(nxctl("list", "--json", *given[2:], cwd=d)) == [("b", COMMON)]
    # In one of them alone it is found among all.
    (b / "projects" / stores.encode(d)).rename(b / "projects" / "_selsewhere")
    assert {s for s, _ in ids(nxctl("list", "--json", *given, cwd=d))} == {"a"}


def test_a_run_in_both(nxctl, two, empty_dir, tmp_path):
    given, d, a, b = two
    r = nxctl("export", COMMON, *given, cwd=empty_dir).expect(96)
    assert "a:" in r.err and "b:" in r.err and "choose a workspace, as STORE:NAME" in r.err
    traces = {nxctl("export", COMMON, "-w", f"{s}:{d}", *given).expect(0).out for s in "ab"}
    assert len(traces) == 1


def test_one_that_is_not_there(nxctl, two, empty_dir, tmp_path):
    """The others are shown; its own problem is told behind them."""
    given, d, a, b = two
    r = nxctl("list", *given, "--store", f"c={tmp_path}/none", cwd=empty_dir).expect(96)
    assert r.text == nxctl("list", *given, cwd=empty_dir).expect(0).text
    assert f"{tmp_path}/none" in r.err and r.err.startswith("error: ")
    nxctl("info", "-w", f"a:{d}", COMMON, *given, "--store", f"c={tmp_path}/none").expect(0)
    r = nxctl("list", "--store", f"c={tmp_path}/none", "--store", f"d={tmp_path}/nope").expect(96)
    assert r.out == b""


def test_verbose_tells_of_all(nxctl, two, empty_dir):
    given, d, a, b = two
    r = nxctl("list", "-v", *given, cwd=empty_dir).expect(0)
    assert f"store a: {a}\n" in r.err and f"store b: {b}\n" in r.err


def test_watch_over_all(nxctl, two, empty_dir):
    """A run that ended in one of them is told with its store."""
    given, d, _, _ = two
    r = nxctl("watch", "--json", COMMON, "-w", f"b:{d}", *given, cwd=empty_dir).expect(0)
    doc = json.loads(r.out)
    assert (doc["event"], doc["run"], doc["store"]) == ("run-finished", COMMON, "b")
    text = nxctl("watch", COMMON, "-w", f"b:{d}", *given, cwd=empty_dir).expect(0).text
    assert f"b:{stores.encode(d)}" in text


@pytest.fixture
def indexed(two, nxtraced_path, clean_env, empty_dir, tmp_path):
    """A daemon over both, whose index has the run that is in both; and how nxctl names that index."""
    from support.daemon import Daemon
    given, d, a, b = two
    with Daemon(nxtraced_path, clean_env, empty_dir, *given, "--state-dir", str(tmp_path / "kept"), "--rescan", "0") as daemon:
        answers = {}
        for store in "ab":
            where = f"/api/v1/workspaces/{store}:{stores.encode(d)}/runs/{COMMON}/tests"
            end = time.monotonic() + 60
            while (r := daemon.get(where)).status == 503:
                assert time.monotonic() < end
                time.sleep(0.02)
            answers[store] = r.expect(200).body
        yield daemon, ["--index", tmp_path / "kept" / "index.db"], answers


def test_names_over_the_daemons_index(nxctl, two, indexed, tmp_path):
    """Stores are known by their folders, and called as nxctl was told, whatever the daemon calls them."""
    given, d, a, b = two
    _, index, answers = indexed
    link = tmp_path / "link"
    link.symlink_to(b)
    for words in ([f"b:{d}", *given], [d, "--store", b], [d, "--store", link], [f"b:{d}", "--store", a, "--store", link]):
        want = nxctl("tests", "--json", COMMON, "--no-index", "-w", *words)
        got = nxctl("tests", "--json", COMMON, *index, "-w", *words)
        assert (got.code, got.out) == (want.code, want.out), words
    assert nxctl("tests", "--json", COMMON, *index, "-w", f"b:{d}", *given).expect(0).out == answers["b"]
    doc = nxctl("tests", "--json", COMMON, *index, "-w", d, "--store", f"other={b}").expect(0).json
    assert doc["run"]["workspace"]["store"] == "other"


def test_pruned_runs_name_their_store(nxctl, two, indexed, empty_dir):
    given, d, a, b = two
    daemon, index, _ = indexed
    for state in (a, b):
        stores.drop_run(stores.runs_dirs(state)[stores.encode(d)], COMMON)

    def pruned():
        doc = daemon.get("/api/v1/runs?pruned=yes&limit=1000").expect(200).json["runs"]
        return sorted(r["workspace"]["store"] for r in doc if r["id"] == COMMON and not r["on_disk"])
    end = time.monotonic() + 30
    while pruned() != ["a", "b"]:
        assert time.monotonic() < end
        time.sleep(0.02)
    text = nxctl("list", "--pruned", *index, *given, cwd=empty_dir).expect(0).text
    rows = [line.split() for line in text.splitlines() if COMMON in line]
    assert sorted(r[-1] for r in rows) == ["a", "b"] and all(r[-2] == str(d) for r in rows)
    assert text.splitlines()[-len(rows) - 1].split()[-2:] == ["workspace", "store"]
    text = nxctl("list", "--pruned", *index, *given[2:], cwd=empty_dir).expect(0).text
    assert {line.split()[-1] for line in text.splitlines() if COMMON in line} == {str(d)}, "nothing of others"
