"""The index's database on a disk that is full or broken: a clear error, and nothing lost once the disk is well again."""
import itertools
import shutil
import sqlite3

import pytest

# SQLite reads and writes its files by pread and pwrite, and maps the shared memory of its log.
CALLS = [(call, kind) for call in ("pwrite", "fsync", "ftruncate", "open", "mmap", "pread") for kind in ("ENOSPC", "EIO")
         if kind == "EIO" or call not in ("mmap", "pread")]


@pytest.fixture
def world(copy_state, index_tool, tmp_path):
    state = copy_state("retries")
    index_tool("fill", state, tmp_path / "whole.db").expect(0)
    whole = index_tool("dump", tmp_path / "whole.db").expect(0).text
    assert whole.count("run ") > 5
    return state, whole


def files(database):
    return sorted(p for p in database.parent.iterdir() if p.name.startswith(database.name))


def check_refusal(result, database, code):
    """Says what failed, about which file, and why, in one line."""
    assert result.code == code, result
    first = result.err.splitlines()[0]
    assert str(database) in first and len(first) < 400, result
    assert "corrupt" not in first and "malformed" not in first, result


def steps():
    """The first calls one by one, then fewer and fewer."""
    return itertools.chain(range(1, 25), (int(25 * 1.3 ** n) for n in itertools.count()))


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("call, kind", CALLS)
def test_every_call_fails(world, index_tool, faults, tmp_path, call, kind, lasting):
    state, whole = world
    reached = failed = 0
    for n in steps():
        database = tmp_path / f"{n}.db"
        broken = faults(f"{call} {database}* {n}{'+' if lasting else ''} {kind}")
        done = index_tool("fill", state, database, env=broken.env)
        if not broken.hits:
            break
        reached += 1
        if done.code != 0:
            failed += 1
            # Which of the two it is, is SQLite's to say: a full disk may show as an I/O error.
            check_refusal(done, database, 96 if done.err.startswith("index_tool: io:") else 110)
        # The disk is well again: all is there, or comes.
        again = index_tool("fill", state, database)
        again.expect(0)
        assert "set aside" not in again.err, again
        assert index_tool("dump", database).expect(0).text == whole, (call, kind, n)
        for f in files(database):
            f.unlink()
    assert reached > 0, "the calls are made in another way: nothing was tested"
    if lasting and call == "pwrite":
        assert failed > 0


def test_short_writes_and_reads_are_continued(world, index_tool, faults, tmp_path):
    state, whole = world
    database = tmp_path / "short.db"
    short = faults(f"pwrite {database}* 1+ short", f"read {state}/* 1+ short")
    index_tool("fill", state, database, env=short.env).expect(0)
    assert len(short.hits) > 100
    assert index_tool("dump", database).expect(0).text == whole


def test_damaged_database_that_cannot_be_set_aside(world, index_tool, faults, tmp_path):
    state, whole = world
    database = tmp_path / "damaged.db"
    database.write_bytes(b"no database at all, but long enough to be taken for one " * 40)
    broken = faults("rename *damaged.db* 1+ EACCES")
    done = index_tool("fill", state, database, env=broken.env)
    assert broken.hits
    check = done.err.splitlines()[0]
    assert done.code == 110 and "cannot be set aside" in check and str(database) in check, done
    done = index_tool("fill", state, database).expect(0)
    assert "set aside as" in done.err
    assert database.with_name("damaged.db.damaged-1").exists()
    assert index_tool("dump", database).expect(0).text == whole


def damage(database, where, size=64):
    data = bytearray(database.read_bytes())
    at = min(where, len(data) - size)
    data[at:at + size] = b"\xa5" * size
    database.write_bytes(data)


@pytest.mark.parametrize("part", range(12))
def test_flipped_bytes_come_to_light_or_do_no_harm(world, index_tool, tmp_path, part):
    """A page that went bad: the database is used where SQLite can, named and set aside where not, and never crashes a program."""
    state, _ = world
    database = tmp_path / "bad.db"
    index_tool("fill", state, database).expect(0)
    damage(database, part * database.stat().st_size // 12)
    read = index_tool("dump", database)
    assert read.code in (0, 96), read
    filled = index_tool("fill", state, database)
    assert filled.code in (0, 96), filled
    if filled.code == 96:
        assert "bad-format" in filled.err and str(database) in filled.err and "rebuilt" in filled.err, filled


def test_read_of_a_file_whose_maker_was_killed(world, index_tool, tmp_path):
    """What a writer leaves that was killed before the file was in WAL mode: a journal, which no reader can play back."""
    state, whole = world
    made, database = tmp_path / "made.db", tmp_path / "left.db"
    maker = sqlite3.connect(made, isolation_level=None)
    maker.executescript("PRAGMA cache_size=1; CREATE TABLE filler(x); BEGIN;")
    for _ in range(200):
        maker.execute("INSERT INTO filler VALUES(zeroblob(4000))")
    for part in ("", "-journal"):
        shutil.copyfile(f"{made}{part}", f"{database}{part}")
    maker.close()
    before = [f.read_bytes() for f in files(database)]
    refused = index_tool("dump", database)
    check_refusal(refused, database, 96)
    assert "its writer was killed" in refused.err and "start nxtraced, or remove the file" in refused.err, refused
    assert [f.read_bytes() for f in files(database)] == before
    index_tool("fill", state, database).expect(0)
    assert index_tool("dump", database).expect(0).text == whole
