"""nxctl export -o on a full or broken disk: the target is whole or as it was, and nothing else is left behind."""
import itertools

import pytest

REASONS = {"ENOSPC": "No space left on device", "EIO": "Input/output error", "EACCES": "Permission denied"}


@pytest.fixture
def export(nxctl, recordings, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()

    def run(env=None, state="large"):
        return nxctl("export", "latest", "-o", folder / "trace.json", "--store", recordings / state / "state", env=env)

    run.folder, run.target = folder, folder / "trace.json"
    run().expect(0)
    run.whole = run.target.read_bytes()
    run.target.unlink()
    return run


@pytest.mark.parametrize("before", [None, b"what was there"], ids=["new", "replaces"])
@pytest.mark.parametrize("call, kind", [("write", "ENOSPC"), ("write", "EIO"), ("close", "ENOSPC"), ("close", "EIO"),
                                        ("rename", "EACCES"), ("open", "EACCES"), ("open", "ENOSPC")])
def test_nothing_half_written(export, faults, call, kind, before):
    for n in itertools.count(1):
        if before is not None:
            export.target.write_bytes(before)
        broken = faults(f"{call} {export.folder}/* {n} {kind}")
        done = export(broken.env)
        if not broken.hits:
            assert export.target.read_bytes() == export.whole
            break
        assert done.code == 110, done
        (line,) = [x for x in done.err.splitlines() if x.startswith("error: ")]
        assert "trace.json" in line and REASONS[kind] in line, done
        left = {p.name: p.read_bytes() for p in export.folder.iterdir()}
        assert left == ({"trace.json": before} if before is not None else {}), (call, n)
    assert n > 1


def test_short_writes_are_continued(export, faults):
    short = faults(f"write {export.folder}/* 1+ short")
    export(short.env).expect(0)
    assert len(short.hits) > 10
    assert export.target.read_bytes() == export.whole


def test_full_standard_output(nxctl, faults, recordings, tmp_path):
    with open(tmp_path / "stdout", "wb") as f:
        full = faults(f"write {tmp_path}/stdout 2+ ENOSPC")
        done = nxctl("export", "latest", "--store", recordings / "large" / "state", env=full.env, stdout=f)
    assert done.code == 110 and "standard output" in done.err and REASONS["ENOSPC"] in done.err, done
