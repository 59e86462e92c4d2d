"""The cache folder: bounded, repaired, and not needed."""
import os
import re

import pytest

from support.daemon import eventually


@pytest.fixture
def cached(start, recordings, tmp_path):
    def run(*args, **kw):
        return start("--store", recordings / "plain" / "state", "--cache-dir", tmp_path / "cache", *args, **kw)

    run.dir = tmp_path / "cache"
    return run


def files(folder):
    return sorted(p for p in folder.iterdir() if p.name.endswith(".trace"))


def test_kept_across_restarts(cached):
    d = cached()
    first = d.get("/traces/latest.json").expect(200)
    (kept,) = files(cached.dir)
    assert kept.stat().st_size == len(first.body)
    inode = kept.stat().st_ino
    assert d.stop() == 0
    again = cached().get("/traces/latest.json").expect(200)
    assert (again.body, again.header("ETag")) == (first.body, first.header("ETag"))
    assert files(cached.dir)[0].stat().st_ino == inode
    assert (cached.dir.stat().st_mode & 0o777) == 0o700


def test_quota(cached, plain_runs):
    d = cached("--cache-size", "40000")
    for _ in range(3):
        for run in plain_runs:
            for form in ("", ".slot", ".pretty", ".slot.pretty"):
                d.get(f"/traces/{run['run-id']}{form}.json").expect(200)
                assert sum(p.stat().st_size for p in files(cached.dir)) <= 40000
    assert files(cached.dir)
    assert not [p for p in cached.dir.iterdir() if p.name.endswith(".part")]


@pytest.mark.parametrize("size", ["0", "1"])
def test_no_room(cached, size, expected, plain_runs):
    d = cached("--cache-size", size)
    for _ in range(2):
        for run in plain_runs:
            assert d.get(f"/traces/{run['run-id']}.json").expect(200).sha256 == expected("plain", run["run-id"])
            d.get(f"/traces/{run['run-id']}.json", Accept_Encoding="zstd").expect(200)
    assert not cached.dir.exists() or not files(cached.dir)


def test_corrupted(cached):
    d = cached()
    whole = d.get("/traces/latest.json").expect(200).body
    (kept,) = files(cached.dir)
    for harm in (lambda: os.truncate(kept, 10), lambda: kept.write_bytes(b""), lambda: kept.write_bytes(whole + b"x"),
                 lambda: kept.unlink(), lambda: (kept.unlink(), kept.mkdir()), lambda: (kept.rmdir(), kept.symlink_to("/etc/passwd")),
                 lambda: (kept.unlink(), os.mkfifo(kept))):
        harm()
        assert d.get("/traces/latest.json").expect(200).body == whole
        assert d.get("/traces/latest.json").expect(200).body == whole


def test_corrupted_before_start(cached):
    cached.dir.mkdir()
    d = cached()
    whole = d.get("/traces/latest.json").expect(200).body
    assert d.stop() == 0
    (kept,) = files(cached.dir)
    kept.write_bytes(whole[:100])
    (cached.dir / "new-999999999-0.part").write_bytes(b"left behind")
    (cached.dir / "note.txt").write_bytes(b"not ours")
    assert cached().get("/traces/latest.json").expect(200).body == whole
    assert sorted(p.name for p in cached.dir.iterdir()) == sorted([kept.name, "note.txt"])


def test_removed_while_running(cached):
    d = cached()
    whole = d.get("/traces/latest.json").expect(200).body
    for p in cached.dir.iterdir():
        p.unlink()
    cached.dir.rmdir()
    assert d.get("/traces/latest.json").expect(200).body == whole
    assert files(cached.dir)


@pytest.mark.parametrize("how", ["file", "below-a-file", "nowhere", "not-writable"])
def test_cannot_be_had(start, recordings, tmp_path, how, expected, plain_runs):
    (tmp_path / "file").write_bytes(b"")
    where = {"file": tmp_path / "file", "below-a-file": tmp_path / "file" / "cache", "nowhere": "/proc/nxtrace",
             "not-writable": "/sys/kernel"}[how]
    d = start("--store", recordings / "plain" / "state", "--cache-dir", where)
    if how != "not-writable":  # root finds out with the first trace only
        assert "no trace is kept" in d.running.wait_for("stderr", "warning")
    for _ in range(2):
        for run in plain_runs:
            assert d.get(f"/traces/{run['run-id']}.json").expect(200).sha256 == expected("plain", run["run-id"])
            assert d.get(f"/traces/{run['run-id']}.json", Accept_Encoding="gzip").header("Content-Encoding") == "gzip"


def test_full_disk(start, recordings, clean_env):
    # /dev/full cannot be a folder; a limit on a file's length has the same effect on every write.
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    d = start("--store", recordings / "plain" / "state", preexec_fn=limit)
    answer = d.get("/traces/latest.pretty.json").expect(500)
    assert answer.code == "write"
    d.get("/healthz").expect(200)
    folder = os.path.join(clean_env["XDG_CACHE_HOME"], "nxtrace")
    eventually(lambda: not os.listdir(folder), "nothing half is left")


def test_one_key_for_each_form(cached, plain_runs):
    d = cached()
    for form in ("", ".slot", ".pretty", ".slot.pretty"):
        for enc in (None, "gzip", "zstd"):
            d.get(f"/traces/latest{form}.json", Accept_Encoding=enc).expect(200)
    names = [p.name for p in files(cached.dir)]
    assert len(names) == 12
    assert all(re.match(r"[0-9a-f-]{36}-", n) for n in names)
