"""nxtraced on disks that fail: it serves what it can, says what it cannot, and comes back."""
import contextlib
import sqlite3

import pytest

from support import stores
from support.daemon import Daemon, eventually


@pytest.fixture
def start(nxtraced_path, clean_env, empty_dir):
    """start(faults, "--store", dir, ...) -> a running Daemon, which ends well at the test's end."""
    running = []

    def run(broken, *args):
        env = {k: str(v) for k, v in {**clean_env, **broken.env}.items() if v is not None}
        d = Daemon(nxtraced_path, env, empty_dir, *map(str, args))
        running.append(d.__enter__())
        return d

    yield run
    for d in running:
        d.__exit__(None, None, None)


def log_of(daemon):
    return daemon.running.report()


@pytest.mark.parametrize("call, kind", [("write", "ENOSPC"), ("write", "EIO"), ("rename", "EACCES"), ("open", "ENOSPC"), ("fsync", "EIO")])
def test_cache_on_a_full_disk(start, faults, recordings, tmp_path, call, kind):
    """What cannot be kept is served all the same, whole; and kept as soon as there is room."""
    cache, full = tmp_path / "cache", tmp_path / "disk-is-full"
    full.touch()
    # Files of the cache are opened by their names in its folder.
    pattern = "*.part*" if call in ("open", "rename") else f"{cache}/*"
    broken = faults(f"{call} {pattern} 1+ {kind}", while_file=full)
    d = start(broken, "--store", recordings / "large" / "state", "--cache-dir", cache)
    bodies = {d.get("/traces/latest.json").expect(200).body for _ in range(3)}
    assert len(bodies) == 1
    whole = start(faults(), "--store", recordings / "large" / "state", "--cache-dir", tmp_path / "other")
    assert bodies == {whole.get("/traces/latest.json").expect(200).body}
    if call != "fsync":
        assert broken.hits
        assert not [p for p in cache.iterdir() if p.name.endswith(".trace")]
    full.unlink()
    assert {d.get("/traces/latest.json").expect(200).body for _ in range(2)} == bodies
    assert [p for p in cache.iterdir() if p.name.endswith(".trace")]
    assert not [p for p in cache.iterdir() if p.name.endswith(".part")]


def deep_runs(env):
    path = f"{env['XDG_STATE_HOME']}/nxtrace/index.db"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM run WHERE depth=2").fetchone()[0]
    except sqlite3.Error:
        return None  # just being made


@pytest.mark.parametrize("rule", ["pwrite *index.db* 20+ ENOSPC", "pwrite *index.db* 35+ EIO", "read *run.log.zst 1+ EIO",
                                  "open *run.log.zst 1+ EMFILE"])
def test_index_comes_back(start, nxctl, faults, copy_state, clean_env, tmp_path, rule):
    """Runs are listed while the index cannot be written, or not be filled; then it is, without a restart."""
    state, full = copy_state("retries"), tmp_path / "disk-is-full"
    (runs_dir,) = stores.runs_dirs(state).values()
    runs = stores.read_list(runs_dir)["runs"]
    full.touch()
    broken = faults(rule, while_file=full)
    d = start(broken, "--store", state, "--rescan", "1", "--verbose")
    eventually(lambda: broken.hits, "the disk is full")
    assert len(d.get("/api/v1/runs").expect(200).json["runs"]) == len(runs)
    eventually(lambda: "the index is behind" in log_of(d), "it says so")
    full.unlink()
    eventually(lambda: deep_runs(clean_env) == len(runs), "the index is whole")
    for run in runs:
        theirs = d.get(f"/api/v1/runs/{run['run-id']}/tests").expect(200).body
        assert theirs == nxctl("tests", run["run-id"], "--json", "--all", "--store", state).expect(0).out


def test_database_that_is_replaced_or_goes_bad(start, faults, copy_state, clean_env, tmp_path):
    """Removed under a running daemon, or damaged where opening does not show it: rebuilt, the bad one put aside and named."""
    state = copy_state("retries")
    (runs_dir,) = stores.runs_dirs(state).values()
    document = stores.read_list(runs_dir)
    d = start(faults(), "--store", state, "--rescan", "1")
    eventually(lambda: deep_runs(clean_env) == len(document["runs"]), "the index is whole")
    folder = tmp_path / "world"
    (database,) = folder.rglob("index.db")
    for p in database.parent.glob("index.db*"):
        p.unlink()
    document["runs"] = document["runs"][1:]
    stores.write_list(runs_dir, document)
    eventually(lambda: database.exists() and deep_runs(clean_env) == len(document["runs"]), "the index is rebuilt")
    run = document["runs"][0]
    assert d.get(f"/api/v1/runs/{run['run-id']}/tests").expect(200).json["tests"]

    assert d.stop() == 0
    pages = bytearray(database.read_bytes())
    pages[4096:] = b"\xa5" * (len(pages) - 4096)
    database.write_bytes(pages)
    d = start(faults(), "--store", state)
    eventually(lambda: list(database.parent.glob("index.db.damaged-*")), "the damaged file is put aside")
    eventually(lambda: database.exists() and deep_runs(clean_env) == len(document["runs"]), "the index is rebuilt")
    eventually(lambda: "damaged-1" in log_of(d), "it is named")
