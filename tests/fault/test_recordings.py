"""Recordings on a disk that fails: the error names the file and the reason, and what was written is no more than was read."""
import itertools
import re

import pytest

from support import stores


@pytest.fixture
def large(recordings):
    return recordings / "large" / "state"


def check_io_error(result, file, reason="Input/output error"):
    assert result.code == 96, result
    (line,) = [x for x in result.err.splitlines() if x.startswith("error: ")]
    assert file in line and reason in line, result


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_export_of_a_log_that_cannot_be_read_on(nxctl, faults, large, strict):
    words = ["export", "latest", "--store", large, *(["--strict"] if strict else [])]
    whole = nxctl(*words).expect(0).out
    for n in itertools.count(1):
        broken = faults(f"read *run.log.zst {n} EIO")
        done = nxctl(*words, env=broken.env)
        if not broken.hits:
            break
        check_io_error(done, "run.log.zst")
        # No trace that looks whole.
        assert whole.startswith(done.out) and len(done.out) < len(whole)
    assert n > 2


def test_short_reads_are_continued(nxctl, faults, recordings, large):
    portable = next((recordings / "plain" / "portable").glob("*.zip"))
    for words in (["list"], ["info", "latest"], ["export", "latest"], ["tests", "latest"], ["export", portable]):
        words = words if words[-1] is portable else [*words, "--store", large]
        short = faults("read /*.zst 1+ short", "pread /*.zip 1+ short", "read /*.zip 1+ short")
        done = nxctl(*words, env=short.env).expect(0)
        assert short.hits, words
        assert done.out == nxctl(*words).expect(0).out, words


@pytest.mark.parametrize("call, kind, reason", [("open", "EMFILE", "Too many open files"), ("open", "EACCES", "Permission denied"),
                                                ("read", "EIO", "Input/output error")])
@pytest.mark.parametrize("words, file", [(["list"], "runs.json.zst"), (["info", "latest"], "runs.json.zst"),
                                         (["export", "latest"], "run.log.zst"), (["tests", "latest"], "run.log.zst")])
def test_each_file_is_named(nxctl, faults, large, call, kind, reason, words, file):
    broken = faults(f"{call} */{file} 1+ {kind}")
    done = nxctl(*words, "--store", large, env=broken.env)
    assert broken.hits
    check_io_error(done, file, reason)
    assert done.out == b""


def test_tests_of_a_log_that_cannot_be_read_on(nxctl, faults, large):
    """Not some of the tests as if they were all."""
    broken = faults("read *run.log.zst 2+ EIO")
    done = nxctl("tests", "latest", "--store", large, env=broken.env)
    check_io_error(done, "run.log.zst")
    assert done.out == b""


def test_output_out_of_a_store_that_cannot_be_read(nxctl, faults, recordings):
    state = recordings / "output" / "state"
    rows = nxctl("tests", "latest", "--store", state, "--json").expect(0).json["tests"]
    row = rows[0]
    words = ["output", "latest", row["binary"], row["test"], "--store", state]
    nxctl(*words).expect(0)
    for n in itertools.count(1):
        broken = faults(f"pread *store.zip {n}+ EIO")
        done = nxctl(*words, env=broken.env)
        if not broken.hits:
            break
        check_io_error(done, "store.zip")
        assert done.out == b""
    assert n > 2


def test_portable_recording(nxctl, faults, recordings):
    portable = next((recordings / "plain" / "portable").glob("*.zip"))
    whole = nxctl("export", portable).expect(0).out
    for n in itertools.chain(range(1, 12), itertools.count(15, 7)):
        broken = faults(f"pread {portable} {n}+ EIO")
        done = nxctl("export", portable, env=broken.env)
        if not broken.hits:
            break
        check_io_error(done, portable.name)
        assert whole.startswith(done.out) and len(done.out) < len(whole)
    assert n > 2


def test_index_keeps_what_it_had_and_tries_again(index_tool, faults, copy_state, tmp_path):
    """A run whose log the system refuses is there, and comes whole as soon as it can be read."""
    state = copy_state("retries")
    index_tool("fill", state, tmp_path / "whole.db").expect(0)
    whole = index_tool("dump", tmp_path / "whole.db").expect(0).text
    (runs_dir,) = stores.runs_dirs(state).values()
    one = stores.read_list(runs_dir)["runs"][2]["run-id"]
    for rule in (f"open */{one}/run.log.zst 1+ EMFILE", f"read */{one}/run.log.zst 1+ EIO", "read *run.log.zst 1+ EIO"):
        database = tmp_path / "index.db"
        broken = faults(rule)
        done = index_tool("fill", state, database, env=broken.env)
        assert broken.hits
        assert done.code == 96 and "run.log.zst" in done.err, done
        dump = index_tool("dump", database).expect(0).text
        assert sorted(re.findall(r"^run (\S+)", dump, re.M)) == sorted(re.findall(r"^run (\S+)", whole, re.M))
        # Again refused, then not.
        index_tool("fill", state, database, env=broken.env).expect(96)
        assert index_tool("dump", database).expect(0).text == dump
        index_tool("fill", state, database).expect(0)
        assert index_tool("dump", database).expect(0).text == whole
        for f in tmp_path.glob("index.db*"):
            f.unlink()


def test_index_has_what_could_be_read(index_tool, faults, copy_state, tmp_path):
    state = copy_state("large")
    index_tool("fill", state, tmp_path / "whole.db").expect(0)
    whole = index_tool("dump", tmp_path / "whole.db").expect(0).text
    broken = faults("read *run.log.zst 2+ EIO")
    index_tool("fill", state, tmp_path / "index.db", env=broken.env).expect(96)
    part = index_tool("dump", tmp_path / "index.db").expect(0).text
    assert 100 < len(part.splitlines()) < len(whole.splitlines())
    index_tool("fill", state, tmp_path / "index.db").expect(0)
    assert index_tool("dump", tmp_path / "index.db").expect(0).text == whole
