"""Of bench/run: how soon a run that ends is known, and how often an idle daemon wakes up."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from figures import goal, start_daemon, stop, tell

RUNS = 20
IDLE_SECONDS = 10
USER = "[experimental]\nrecord = true\n\n[record]\nenabled = true\n"


def make_project(work):
    """A crate with a test, built; (folder, environment, the words that run it)."""
    top = Path(tempfile.mkdtemp(dir=work, prefix="live-"))
    (top / "c/src").mkdir(parents=True)
    (top / "c/Cargo.toml").write_text('[package]\nname = "c"\nversion = "0.1.0"\nedition = "2021"\n')
    (top / "c/src/lib.rs").write_text("#[test] fn one() {}\n")
    (top / "user.toml").write_text(USER)
    env = dict(os.environ, NEXTEST_STATE_DIR=str(top / "state"), CARGO_TARGET_DIR=str(top / "target"), CARGO_NET_OFFLINE="true",
               XDG_STATE_HOME=str(top / "index"))
    words = ["cargo", "nextest", "run", "--user-config-file", str(top / "user.toml")]
    (top / "state").mkdir()
    subprocess.run([*words, "--no-run"], cwd=top / "c", env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return top, env, words


def newest(connection):
    connection.request("GET", "/api/v1/runs?limit=1")
    r = connection.getresponse()
    runs = json.loads(r.read())["runs"]
    return runs[0] if runs else None


def one_latency(connection, top, env, words, known):
    """Milliseconds from the last time that nextest wrote the run list to the answer that has the run as completed."""
    p = subprocess.Popen(words, cwd=top / "c", env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        run = newest(connection)
        if run and run["id"] not in known and run["status"] == "completed":
            seen = time.time_ns()
            known.add(run["id"])
            p.wait()
            (written,) = (top / "state").glob("projects/*/records/runs/runs.json.zst")
            return (seen - written.stat().st_ctime_ns) / 1e6
        if time.monotonic() > deadline:
            p.kill()
            return None
        time.sleep(0.001)


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        text = Path(f"/proc/{pid}/task/{task}/status").read_text()
        total += sum(int(line.split()[1]) for line in text.splitlines() if "ctxt_switches" in line)
    return total


def bench_live(options):
    name = "ms from nextest's last write to completed in /api/v1/runs"
    idle_name = f"wake-ups of an idle daemon in {IDLE_SECONDS} s"
    if not (shutil.which("cargo") and shutil.which("cargo-nextest")):
        tell("live: cargo-nextest is missing: nothing measured")
        goal(name, None, 100, " ms")
        goal(idle_name, None, 8)
        return
    top, env, words = make_project(options.work)
    daemon, base = start_daemon(options, top / "state", top / "cache", env)
    try:
        host = base.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=60)
        tell(f"live: {RUNS} runs of cargo-nextest, one test each")
        known = set()
        got = [one_latency(connection, top, env, words, known) for _ in range(RUNS)]
        connection.close()
        if None in got:
            goal(name, None, 100, " ms")
        else:
            tell(f"    {'from write to answer':<44} {min(got):8.1f} to {max(got):.1f} ms")
            goal(name, median(got), 100, " ms")
        time.sleep(3)  # the last connection is closed, the last scan done
        before = switches(daemon.pid)
        time.sleep(IDLE_SECONDS)
        # Of its slow timer at most, which looks every 30 seconds: the loop, and a thread of the pool, each to bed and up.
        goal(idle_name, switches(daemon.pid) - before, 8)
    finally:
        stop(daemon)
