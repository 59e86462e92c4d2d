"""Runs that go on, made up: a run list that a test writes itself, and processes that look like nextest's."""
import contextlib
import os
import subprocess

from support import stores


class World:
    """A writable store with one workspace, whose run list a test writes itself."""

    def __init__(self, state):
        self.state = state
        (self.runs_dir,) = stores.runs_dirs(state).values()
        self.workspace = self.runs_dir.parents[1].name
        self.list = stores.read_list(self.runs_dir)
        self.model = self.list["runs"][0]

    def write(self):
        stores.write_list(self.runs_dir, self.list)

    def begin(self, n, write=True, log=b""):
        """A run that goes on; its number makes its id."""
        run = {k: v for k, v in self.model.items() if k not in ("duration-secs",)}
        run["run-id"] = f"{n:08x}" + self.model["run-id"][8:]
        run["started-at"] = run["last-written-at"] = f"2099-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z"
        run["status"] = {"status": "incomplete"}
        self.list["runs"].append(run)
        folder = self.runs_dir / run["run-id"]
        folder.mkdir(exist_ok=True)
        (folder / "run.log.zst").write_bytes(log)
        if write:
            self.write()
        return run["run-id"]

    def log(self, run):
        return self.runs_dir / run / "run.log.zst"

    def end(self, run, write=True):
        (entry,) = [r for r in self.list["runs"] if r["run-id"] == run]
        entry["status"] = self.model["status"]
        if write:
            self.write()

    def remove(self, run, write=True):
        self.list["runs"] = [r for r in self.list["runs"] if r["run-id"] != run]
        if write:
            self.write()


@contextlib.contextmanager
def writer(path):
    """A process that holds a run's log open, as nextest does."""
    p = subprocess.Popen(["sh", "-c", 'exec 9>>"$0"; echo; read x', str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert p.stdout.read(1)
        yield p
    finally:
        p.kill()
        p.communicate()


@contextlib.contextmanager
def test_process(run, binary, test, **more):
    """A process that carries a test's variables."""
    attempt = more.get("ATTEMPT", 1)
    env = {"PATH": os.environ["PATH"], "NEXTEST_RUN_ID": run, "NEXTEST_BINARY_ID": binary, "NEXTEST_TEST_NAME": test,
           "NEXTEST_ATTEMPT_ID": f"{run}:{binary}${test}#{attempt}", "NEXTEST_TEST_GROUP": "@global",
           **{f"NEXTEST_{k}": str(v) for k, v in {"ATTEMPT": 1, "TOTAL_ATTEMPTS": 1, **more}.items()}}
    p = subprocess.Popen(["sh", "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    try:
        assert p.stdout.read(1)
        yield p
    finally:
        p.kill()
        p.communicate()


test_process.__test__ = False
