"""From a real run of cargo-nextest to the trace, and the same as nextest's own at every step."""
import json
import os
import signal
import time
import urllib.error
import urllib.request

import pytest

from support.run import Running


@pytest.fixture
def here(nxctl, project):
    """nxctl in the project's directory, finding the store as nextest does."""
    return lambda *words, **kw: nxctl(*words, cwd=project.dir, env={"NEXTEST_STATE_DIR": project.state}, **kw)


FORMS = [("", []), (".slot", ["--group-by", "slot"]), (".pretty", ["--message-format", "json-pretty"]),
         (".slot.pretty", ["--group-by", "slot", "--message-format", "json-pretty"])]


def test_nxctl_exports_what_nextest_exports(project, here, tmp_path):
    assert "no recorded runs" in here("list").expect(0).err
    project.record()
    for _, words in FORMS:
        want = project.trace(*words)
        assert here("export", "latest", *words).expect(0).out == want
        assert here("export", *words, "--strict").expect(0).out == want
    here("export", "latest", "-o", tmp_path / "t.json").expect(0)
    assert (tmp_path / "t.json").read_bytes() == project.trace()
    names = {e.get("name") for e in json.loads(project.trace())["traceEvents"]}
    assert any("größe" in str(n) for n in names) and any("is_flaky" in str(n) for n in names)


def test_nxctl_lists_what_nextest_lists(project, here):
    project.record()
    project.nextest("run", "-R", "latest")
    assert here("list").expect(0).out == project.nextest("store", "list", check=0).stdout
    runs = here("list", "--json").expect(0).json["runs"]
    assert len(runs) == 2 and runs[0]["parent_run_id"] == runs[1]["id"]
    assert runs[0]["workspace"]["path"] == os.path.realpath(project.dir)


def test_portable_recordings(project, here, tmp_path):
    project.record()
    project.nextest("store", "export", "latest", "--archive-file", tmp_path / "run.zip", check=0)
    assert here("export", tmp_path / "run.zip").expect(0).out == project.trace()


def test_a_killed_run(project, here):
    """Whatever nextest could not write is missing, the rest is there."""
    project.record()
    p = project.start("run")
    deadline = time.monotonic() + 60
    while here("list", "--json").expect(0).json["runs"][0]["status"] != "incomplete":
        assert time.monotonic() < deadline and p.poll() is None, p.communicate()
    p.kill()
    p.communicate()
    r = here("export").expect(106)
    assert "is incomplete" in r.err and set(json.loads(r.out)) >= {"traceEvents"}


# --- the daemon ---------------------------------------------------------------------------------------------------

def get(address, path, headers=None, wait=0.0):
    """GET; asks again until it is no 404, for `wait` seconds at most."""
    deadline = time.monotonic() + wait
    while True:
        try:
            request = urllib.request.Request(address + path, headers=headers or {})
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.read()
        except urllib.error.HTTPError as e:
            if e.code != 404 or time.monotonic() > deadline:
                raise AssertionError(f"{path}: {e.code} {e.read()!r}") from None


def test_the_daemon_serves_a_run_recorded_while_it_runs(project, nxtraced_path, clean_env, tmp_path):
    """Started before there is a store; nothing is restarted or told."""
    env = {**clean_env, "NEXTEST_STATE_DIR": str(project.state)}
    with Running([nxtraced_path, "--listen", "127.0.0.1:0"], env, tmp_path) as daemon:
        line = daemon.wait_for("stdout", "http://")
        address = line[line.index("http://"):].split()[0].rstrip("/")
        for n in range(2):
            project.record()
            # The run may be known as going on for a moment still: what counts is that it comes out right by itself.
            deadline = time.monotonic() + 30
            while True:
                got = get(address, "/traces/latest.json", wait=30)
                if got == project.trace():
                    break
                assert time.monotonic() < deadline, f"run {n}: not nextest's trace after 30 s"
            for suffix, words in FORMS:
                assert get(address, f"/traces/latest{suffix}.json") == project.trace(*words)
            runs = json.loads(get(address, "/api/v1/runs"))["runs"]
            assert len(runs) == n + 1
        assert daemon.stop(signal.SIGTERM) == 0
