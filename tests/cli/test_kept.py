"""Runs that nextest has pruned and nxtraced kept: nxctl shows them among the others, in place of nothing."""
import hashlib
from pathlib import Path

import pytest

from support import stores


class Kept:
    def __init__(self, nxctl, state, archive):
        self.nxctl, self.state, self.archive = nxctl, state, archive
        self.kept = stores.keep_and_prune(state, archive)

    def __call__(self, command, *words):
        return self.nxctl(command, *words, "--store", self.state)


@pytest.fixture
def usual(nxctl, copy_state, clean_env):
    """An archive where the daemon of this user makes it."""
    return Kept(nxctl, copy_state("retries"), Path(clean_env["XDG_STATE_HOME"]) / "nxtrace" / "kept" / "any-name")


@pytest.fixture
def elsewhere(nxctl, copy_state, tmp_path):
    return Kept(nxctl, copy_state("retries"), tmp_path / "archive")


def kept_of(result):
    return {r["id"]: r["kept"] for r in result.expect(0).json["runs"]}


def test_the_usual_place(usual):
    assert kept_of(usual("list", "--json")) == usual.kept
    rows = [line for line in usual("list").expect(0).text.splitlines() if "2026-" in line or "2025-" in line]
    assert len(rows) == 6
    for run, kept in usual.kept.items():
        (row,) = [r for r in rows if run[:8] in r]
        assert ("(kept)" in row) == kept
        assert "not replayable" not in row
        text = usual("info", run).expect(0).text
        assert ("kept:" in text) == kept
        assert str((usual.archive if kept else usual.state) / "projects") in text
    assert "6 recorded runs" in usual("list").text
    assert f"kept recordings {usual.archive}" in usual("list", "-v").err


def test_the_same_bytes(usual, recordings):
    (entries,) = [stores.index(recordings / "retries" / "expected")["runs"]]
    for entry in entries:
        done = usual("export", entry["run_id"]).expect(0)
        assert hashlib.sha256(done.out).hexdigest() == entry["traces"]["binary.json"]["sha256"]
    for run in usual.kept:
        whole = usual.nxctl("tests", run, "--json", "--all", "--store", recordings / "retries" / "state").expect(0)
        assert usual("tests", run, "--json", "--all").expect(0).out == whole.out


def test_named(elsewhere):
    pruned = {run: False for run, kept in elsewhere.kept.items() if not kept}
    assert kept_of(elsewhere("list", "--json")) == pruned
    assert kept_of(elsewhere("list", "--json", "--kept", elsewhere.archive)) == elsewhere.kept
    # A store that has moved: said by hand it is believed.
    elsewhere.state.rename(elsewhere.state.with_name("moved"))
    elsewhere.state = elsewhere.state.with_name("moved")
    assert kept_of(elsewhere("list", "--json", "--kept", elsewhere.archive)) == elsewhere.kept


def test_left_out(usual):
    pruned = {run: False for run, kept in usual.kept.items() if not kept}
    assert kept_of(usual("list", "--json", "--no-kept")) == pruned
    gone = next(run for run, kept in usual.kept.items() if kept)
    assert usual("export", gone, "--no-kept").code == 96


def test_an_archive_of_another_store(usual, copy_state):
    """It is in the usual place, and none of its runs is shown."""
    other = copy_state("plain")
    assert set(kept_of(usual.nxctl("list", "--json", "--store", other)).values()) == {False}
    assert len(kept_of(usual.nxctl("list", "--json", "--store", other))) == 3


def test_several_stores(usual, copy_state, tmp_path):
    """Each finds its own; a named one goes to the store that it is of."""
    other = copy_state("plain")
    words = ["list", "--json", "--all", "--store", f"a={usual.state}", "--store", f"b={other}"]
    assert sum(kept_of(usual.nxctl(*words)).values()) == 3
    assert len(kept_of(usual.nxctl(*words, "--kept", usual.archive))) == 9
    (usual.archive / "recorded-in").write_text("/elsewhere\n")
    done = usual.nxctl(*words, "--kept", usual.archive)
    assert done.code == 96 and "holds recordings of none of these stores" in done.err


def test_wrong(usual, tmp_path):
    done = usual("list", "--kept", tmp_path / "nothing")
    assert done.code == 96 and "no kept recordings there" in done.err
    assert usual("list", "--kept", usual.archive, "--no-kept").code == 2
