"""Real cargo-nextest prunes its store; what nxtraced kept is served as before, and cargo-nextest reads the archive as its own."""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support import stores
from support.cargo import USER_CONFIG
from support.daemon import Daemon, eventually


@pytest.fixture
def archive(clean_env):
    return Path(clean_env["XDG_STATE_HOME"]) / "nxtrace" / "kept" / "default"


def runs_of(d):
    return d.get("/api/v1/runs").expect(200).json["runs"]


def kept_ids(archive):
    dirs = stores.runs_dirs(archive).values() if (archive / "projects").is_dir() else []
    return [r["run-id"] for d in dirs if (d / "runs.json.zst").exists() for r in stores.read_list(d)["runs"]]


def of_archive(project, archive, *words, check=0):
    """cargo-nextest with the archive for its store."""
    own = project.env["NEXTEST_STATE_DIR"]
    project.env["NEXTEST_STATE_DIR"] = str(archive)
    try:
        return project.nextest(*words, check=check)
    finally:
        project.env["NEXTEST_STATE_DIR"] = own


def test_pruned_and_as_before(project, archive, nxtraced_path, nxctl_path, clean_env, tmp_path):
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(project.state), "--rescan", "0", "--keep-recordings") as d:
        for _ in range(2):
            project.record()
        first = runs_of(d)[-1]["id"]
        project.nextest("run", "--rerun", first, check=100)
        runs = eventually(lambda: (lambda r: r if len(r) == 3 and all(x["status"] == "completed" for x in r) else None)(runs_of(d)), "three runs")
        eventually(lambda: len(kept_ids(archive)) == 3, "all are kept")
        theirs = {r["id"]: project.trace(selector=r["id"]) for r in runs}
        listed = project.nextest("store", "list", check=0).stdout
        replayed = {r["id"]: project.nextest("replay", "-R", r["id"]).stdout for r in runs}
        tests = {r["id"]: d.get(f"/api/v1/runs/{r['id']}/tests").expect(200).body for r in runs}

        project.user_config.write_text(USER_CONFIG + "max-records = 1\n")
        project.nextest("store", "prune", check=0)
        eventually(lambda: [r["kept"] for r in runs_of(d)].count(True) == 2, "two are kept ones")
        after = runs_of(d)
        assert [{**r, "kept": False, "last_written_at": ""} for r in after] == [{**r, "last_written_at": ""} for r in runs]
        for run, trace in theirs.items():
            assert d.get(f"/traces/{run}.json").expect(200).body == trace
            assert d.get(f"/api/v1/runs/{run}/tests").expect(200).body == tests[run]

    # The archive is a state directory of nextest's own.
    lines = lambda text: sorted(line for line in text.decode().splitlines() if line.strip())
    assert lines(of_archive(project, archive, "store", "list").stdout) == lines(listed)
    for run, text in replayed.items():
        assert of_archive(project, archive, "replay", "-R", run, check=None).stdout == text
        assert of_archive(project, archive, "store", "export-chrome-trace", run).stdout == theirs[run]

    # nxctl, told of it.
    listed = subprocess.run([nxctl_path, "list", "--json", "--store", project.state, "--kept", archive], env=clean_env, cwd=project.dir,
                            capture_output=True, check=True).stdout
    assert {r["id"]: r["kept"] for r in json.loads(listed)["runs"]} == {r["id"]: r["kept"] for r in after}
    for run, trace in theirs.items():
        done = subprocess.run([nxctl_path, "export", run, "--store", project.state, "--kept", archive], env=clean_env, cwd=project.dir,
                              capture_output=True, check=True)
        assert done.stdout == trace

    # And nextest may prune it, too.
    of_archive(project, archive, "store", "prune")
    assert len(kept_ids(archive)) == 1


def test_a_run_whose_nextest_was_killed(project, archive, nxtraced_path, clean_env, tmp_path):
    """It is kept as soon as it is known to be dead, and its trace is that of before."""
    (project.dir / "src/lib.rs").write_text(
        "#[test]\nfn slow() { std::thread::sleep(std::time::Duration::from_secs(4)); }\n")
    project.nextest("run", "--no-run", check=0)
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(project.state), "--rescan", "0", "--keep-recordings") as d:
        p = project.start("run")
        try:
            run = eventually(lambda: (lambda r: r and r[0]["id"])(runs_of(d)), "it has begun")
            eventually(lambda: d.get(f"/api/v1/runs/{run}/running").json["tests"], "its test runs")
            assert kept_ids(archive) == []
        finally:
            for pid in (*map(int, Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split()), p.pid):
                os.kill(pid, signal.SIGKILL)
            p.communicate()
        eventually(lambda: kept_ids(archive) == [run], "it is kept")
        trace = d.get(f"/traces/{run}.json").expect(200).body
        (runs_dir,) = stores.runs_dirs(project.state).values()
        stores.drop_run(runs_dir, run)
        eventually(lambda: runs_of(d)[0]["kept"], "it is a kept one")
        assert d.get(f"/traces/{run}.json").expect(200).body == trace


def test_every_run_outlives_the_prune_that_follows(project, archive, nxtraced_path, clean_env, tmp_path):
    """nextest keeps one run and prunes at each; all are served in the end."""
    project.user_config.write_text(USER_CONFIG + "max-records = 1\n")
    traces = {}
    with Daemon(nxtraced_path, clean_env, tmp_path, "--store", str(project.state), "--rescan", "0", "--keep-recordings") as d:
        for n in range(1, 5):
            project.record()
            run = eventually(lambda: (lambda r: r[0] if len(r) == n and r[0]["status"] == "completed" else None)(runs_of(d)), "it has ended")
            traces[run["id"]] = project.trace()
            eventually(lambda: len(kept_ids(archive)) == n, "it is kept")
            project.nextest("store", "prune", check=0)
        eventually(lambda: sum(r["kept"] for r in runs_of(d)) == 3, "three are kept ones")
        for run, trace in traces.items():
            assert d.get(f"/traces/{run}.json").expect(200).body == trace
