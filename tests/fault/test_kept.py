"""Keeping recordings on a disk that fails, under a nextest that prunes, and killed at any moment: what the archive lists is whole."""
import itertools
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest

from support import stores
from support.daemon import Daemon, eventually


def archive_dir(archive, runs_dir):
    return archive / "projects" / runs_dir.parent.parent.name / "records" / "runs"


def listed(archive, runs_dir):
    d = archive_dir(archive, runs_dir)
    return [r["run-id"] for r in stores.read_list(d)["runs"]] if (d / "runs.json.zst").exists() else []


def check_whole(archive, runs_dir, source):
    """Everything that is listed is there, byte for byte as in `source`; returns the listed ids."""
    ids = listed(archive, runs_dir)
    assert len(set(ids)) == len(ids)
    for run in ids:
        for name in ("run.log.zst", "store.zip"):
            assert (archive_dir(archive, runs_dir) / run / name).read_bytes() == (source / run / name).read_bytes(), (run, name)
    return ids


def check_clean(archive, runs_dir):
    """Nothing is there that is not listed."""
    d = archive_dir(archive, runs_dir)
    assert sorted(p.name for p in d.iterdir() if p.is_dir()) == sorted(listed(archive, runs_dir))
    assert sorted(p.name for p in d.iterdir() if not p.is_dir()) == ["runs.json.zst", "runs.lock"]


class Six:
    def __init__(self, state, archive):
        self.state, self.archive = state, archive
        (self.runs_dir,) = stores.runs_dirs(state).values()
        self.runs = [r["run-id"] for r in stores.read_list(self.runs_dir)["runs"]]


@pytest.fixture
def six(copy_state, tmp_path):
    return Six(copy_state("retries"), tmp_path / "kept")


# Without copy_file_range the copies are written by hand.
@pytest.mark.parametrize("rules, code", [
    (["copy *.new-* 1+ EIO", "write *.new-* {} ENOSPC"], 110), (["copy *.new-* 1+ EIO", "write *.new-* {} EIO"], 110),
    (["open *.new-* {} ENOSPC"], None), (["fsync */kept/* {} EIO"], 110), (["close *.new-*/* {} EIO"], "writes"),
    (["rename *.new-* {} EACCES"], 110), (["write */.runs.json.zst.* {} ENOSPC"], 110), (["rename *runs.json.zst {} EACCES"], 110),
    (["copy *.new-* 1+ EIO", "read */state-*/run.log.zst {} EIO"], 96), (["open */state-*/run.log.zst {} EACCES"], 96),
], ids=lambda v: v if not isinstance(v, list) else v[-1].split()[0] + v[-1].split()[-1] + v[-1].split()[1].replace("/", "_"))
def test_any_call_fails_once(six, keep_tool, faults, rules, code):
    """Whichever call it is, what is listed is whole, and the next pass has all."""
    n = 0
    for n in itertools.count(1):
        shutil.rmtree(six.archive, ignore_errors=True)
        broken = faults(*(r.format(n) for r in rules))
        done = keep_tool(six.state, six.archive, env=broken.env)
        hits = [h for h in broken.hits if not h.startswith("copy ")]
        if not hits:
            done.expect(0)
            break
        assert len(hits) == 1
        # Copies are opened to be checked as well; and closed after that, which tells nothing any more.
        assert done.code in {None: [96, 110], "writes": [0, 110]}.get(code, [code]), done
        assert done.code == 0 or "error: " in done.err
        ids = check_whole(six.archive, six.runs_dir, six.runs_dir) if six.archive.exists() else []
        assert set(ids) <= set(six.runs)
        keep_tool(six.state, six.archive).expect(0)
        assert sorted(check_whole(six.archive, six.runs_dir, six.runs_dir)) == sorted(six.runs)
        check_clean(six.archive, six.runs_dir)
    assert n > 1
    assert check_whole(six.archive, six.runs_dir, six.runs_dir) == six.runs


@pytest.mark.parametrize("rule", ["write */.runs.json.zst.* {} ENOSPC", "rename *runs.json.zst {} EACCES", "fsync */kept/* {} EIO"])
def test_letting_go_fails(six, keep_tool, faults, rule):
    """A removal that fails leaves what the list names."""
    for n in itertools.count(1):
        state = six.state.with_name("pruned")
        shutil.rmtree(six.archive, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(six.state, state)
        keep_tool(state, six.archive).expect(0)
        (runs_dir,) = stores.runs_dirs(state).values()
        for run in six.runs[:4]:
            stores.drop_run(runs_dir, run)
        broken = faults(rule.format(n))
        done = keep_tool(state, six.archive, "1", env=broken.env)
        if not broken.hits:
            done.expect(0)
            break
        assert done.code == 110, done
        check_whole(six.archive, six.runs_dir, six.runs_dir)
        keep_tool(state, six.archive, "1").expect(0)
        assert check_whole(six.archive, six.runs_dir, six.runs_dir) == six.runs[3:]
        check_clean(six.archive, six.runs_dir)
    assert n > 1
    assert listed(six.archive, six.runs_dir) == six.runs[3:]


def test_a_disk_is_not_filled_to_its_last_byte(six, keep_tool, faults):
    full = faults("statvfs */kept/* 1+ ENOSPC", "open *.new-*/* 1+ EIO")
    done = keep_tool(six.state, six.archive, env=full.env)
    assert done.code == 110 and "no room for a recording of" in done.err and "No space left on device" in done.err
    assert not [h for h in full.hits if h.startswith("open")]  # not a byte was written
    keep_tool(six.state, six.archive).expect(0)
    assert check_whole(six.archive, six.runs_dir, six.runs_dir) == six.runs
    check_clean(six.archive, six.runs_dir)


def test_short_copies_are_continued(six, keep_tool, faults):
    for rules in (["copy *.new-* 1+ short"], ["copy *.new-* 1+ EIO", "write *.new-* 1+ short", "read *.zip 1+ short"]):
        shutil.rmtree(six.archive, ignore_errors=True)
        broken = faults(*rules)
        keep_tool(six.state, six.archive, env=broken.env).expect(0)
        assert broken.hits
        assert check_whole(six.archive, six.runs_dir, six.runs_dir) == six.runs


def test_the_daemon_comes_back(nxtraced_path, clean_env, empty_dir, faults, six, tmp_path):
    full = tmp_path / "disk-is-full"
    full.touch()
    broken = faults("copy */kept/* 1+ ENOSPC", "write */kept/* 1+ ENOSPC", while_file=full)
    env = {k: str(v) for k, v in {**clean_env, **broken.env}.items() if v is not None}
    archive = tmp_path / "state" / "kept" / "default"
    with Daemon(nxtraced_path, env, empty_dir, "--store", str(six.state), "--state-dir", str(tmp_path / "state"), "--keep-recordings",
                "--rescan", "1") as d:
        eventually(lambda: "No space left on device" in d.running.report(), "it says so")
        assert len(d.get("/api/v1/runs").expect(200).json["runs"]) == 6
        d.get("/traces/latest.json").expect(200)
        full.unlink()
        eventually(lambda: listed(archive, six.runs_dir) == six.runs, "all are kept")
        assert d.running.report().count("No space left on device") == 1
    check_whole(archive, six.runs_dir, six.runs_dir)
    check_clean(archive, six.runs_dir)


@pytest.fixture
def many(copy_state, tmp_path):
    six = Six(copy_state("retries"), tmp_path / "kept")
    runs_dir, document = stores.many_runs(six.state, 40)
    stores.write_list(runs_dir, document)
    six.runs = [r["run-id"] for r in document["runs"]]
    return six


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random(many, keep_tool, seed):
    rng, killed, sizes = random.Random(seed), 0, set()
    began = time.monotonic()
    keep_tool(many.state, many.archive).expect(0)
    window = time.monotonic() - began
    whole = stores.unzstd((archive_dir(many.archive, many.runs_dir) / "runs.json.zst").read_bytes())
    argv = [str(keep_tool.path), str(many.state), str(many.archive)]
    for _ in range(14):
        if len(listed(many.archive, many.runs_dir)) == len(many.runs):
            shutil.rmtree(many.archive)
        child = subprocess.Popen(argv, env=keep_tool.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(rng.random() * window)
        child.kill()
        err = child.communicate()[1].decode()
        assert child.returncode in (0, -signal.SIGKILL), err
        killed += child.returncode != 0
        window *= 1.3 if child.returncode else 0.7
        if many.archive.exists():
            sizes.add(len(check_whole(many.archive, many.runs_dir, many.runs_dir)))
    keep_tool(many.state, many.archive).expect(0)
    assert check_whole(many.archive, many.runs_dir, many.runs_dir) == many.runs
    check_clean(many.archive, many.runs_dir)
    assert stores.unzstd((archive_dir(many.archive, many.runs_dir) / "runs.json.zst").read_bytes()) == whole
    assert killed > 3 and len(sizes) > 1, (killed, sizes)


def test_the_daemon_is_killed_at_random(nxtraced_path, clean_env, empty_dir, many, tmp_path):
    """Runs are kept again and again, and pruned while it is down; what was kept is never lost."""
    rng, archive, seen, left = random.Random(5), tmp_path / "state" / "kept" / "default", set(), list(many.runs)
    source = tmp_path / "as-it-was"
    shutil.copytree(many.runs_dir, source)
    args = ["--store", str(many.state), "--state-dir", str(tmp_path / "state"), "--keep-recordings", "--no-index", "--rescan", "0"]
    for _ in range(8):
        with Daemon(nxtraced_path, clean_env, empty_dir, *args) as d:
            time.sleep(rng.random() * 0.2)
            assert d.stop(sig=signal.SIGKILL) == -signal.SIGKILL, d.running.report()
        ids = set(check_whole(archive, many.runs_dir, source)) if archive.exists() else set()
        assert seen <= ids
        seen = ids
        for run in [left.pop(0) for _ in range(5)]:
            stores.drop_run(many.runs_dir, run)
    with Daemon(nxtraced_path, clean_env, empty_dir, *args) as d:
        eventually(lambda: set(left) | seen == set(listed(archive, many.runs_dir)), "all that was left is kept")
        assert len(d.get("/api/v1/runs?limit=1000").json["runs"]) == len(set(left) | seen)
    check_whole(archive, many.runs_dir, source)
    check_clean(archive, many.runs_dir)


def test_lists_are_written_once_a_batch(many, keep_tool, faults):
    counting = faults("rename *runs.json.zst 1000+ EIO", "fsync */kept/* 100000+ EIO")
    done = keep_tool(many.state, many.archive, env=counting.env).expect(0)
    assert [line.split()[1] for line in done.text.splitlines() if line.startswith("kept ")] == ["128", "118"]
    # The 2nd write of a list is the last.
    shutil.rmtree(many.archive)
    keep_tool(many.state, many.archive, env=faults("rename *runs.json.zst 3+ EIO").env).expect(0)


@pytest.mark.parametrize("seed", range(2))
def test_pruned_while_it_copies(many, keep_tool, tmp_path, seed):
    """Nextest prunes meanwhile: what is listed is whole, and what it left is kept in the end."""
    source = tmp_path / "as-it-was"
    shutil.copytree(many.runs_dir, source)
    rng, left, stop = random.Random(seed), list(many.runs), threading.Event()

    def prune():
        while len(left) > 40 and not stop.is_set():
            for run in [left.pop(0) for _ in range(rng.randint(1, 6))]:
                stores.drop_run(many.runs_dir, run)
            time.sleep(rng.random() * 0.01)

    pruner = threading.Thread(target=prune)
    pruner.start()
    try:
        for _ in range(4):
            keep_tool(many.state, many.archive).expect(0)
            check_whole(many.archive, many.runs_dir, source)
    finally:
        pruner.join()
    keep_tool(many.state, many.archive).expect(0)
    kept = check_whole(many.archive, many.runs_dir, source)
    assert set(left) <= set(kept) <= set(many.runs)
    assert len(kept) > len(left)
    check_clean(many.archive, many.runs_dir)
