import re

import pytest

from support import stores
from support.daemon import Daemon


@pytest.fixture
def start(nxtraced_path, clean_env, empty_dir):
    """start("--store", dir, ...) -> a running Daemon, ended by the test's end (and then by SIGTERM, with status 0)."""
    running = []

    def run(*args, env=None, path=nxtraced_path, **kw):
        e = {**clean_env, **(env or {})}
        d = Daemon(path, {k: v for k, v in e.items() if v is not None}, empty_dir, *map(str, args), **kw)
        running.append(d.__enter__())
        return d

    yield run
    failures = []
    for d in running:
        try:
            d.__exit__(None, None, None)
        except AssertionError as e:
            failures.append(e)
    if failures:
        raise failures[0]


@pytest.fixture
def plain(start, recordings):
    """A daemon on the store `plain`: one workspace, three whole runs."""
    return start("--store", recordings / "plain" / "state")


@pytest.fixture
def plain_runs(recordings):
    """The entries of that store's run list, newest first."""
    (runs_dir,) = stores.runs_dirs(recordings / "plain" / "state").values()
    return sorted(stores.read_list(runs_dir)["runs"], key=lambda r: r["started-at"], reverse=True)


@pytest.fixture
def expected(recordings):
    """expected("plain", run_id, "slot") -> the SHA-256 of what cargo-nextest printed"""
    def find(store, run, form="binary"):
        (entry,) = [r for r in stores.index(recordings / store / "expected")["runs"] if r["run_id"] == run]
        return entry["traces"][f"{form}.json"]["sha256"]

    return find


class BigStore:
    def __init__(self, state):
        self.state = state


def multiply(state, times):
    """Every test of a store's one run so many times more, under other names."""
    (log,) = state.rglob("run.log.zst")
    lines = stores.unzstd(log.read_bytes()).splitlines(keepends=True)
    instance = re.compile(rb'("test-instance":\{"binary-id":"[^"]*","name":")')
    tests = [line for line in lines[1:-1] if instance.search(line)]
    copies = [instance.sub(rb'\g<1>copy-%d-' % i, line) for i in range(times) for line in tests]
    log.write_bytes(stores.zstd(b"".join(lines[:-1] + copies + lines[-1:])))


@pytest.fixture(scope="session")
def big_store(tmp_path_factory, recordings):
    """The recording `large` with its tests many times over: a trace of more than 4 MB."""
    state = stores.copy_state(recordings / "large", tmp_path_factory.mktemp("big") / "state")
    multiply(state, 8)
    return BigStore(state)


@pytest.fixture(scope="session")
def many_big(tmp_path_factory, recordings):
    """The same as 50 runs of somewhat over 1 MB."""
    state = stores.copy_state(recordings / "large", tmp_path_factory.mktemp("many") / "state")
    multiply(state, 1)
    (runs_dir,) = stores.runs_dirs(state).values()
    whole = stores.read_list(runs_dir)
    (run,) = whole["runs"]
    for i in range(1, 50):
        new = {**run, "run-id": f"{i:08x}" + run["run-id"][8:]}
        whole["runs"].append(new)
        (runs_dir / new["run-id"]).mkdir()
        (runs_dir / new["run-id"] / "run.log.zst").hardlink_to(runs_dir / run["run-id"] / "run.log.zst")
    stores.write_list(runs_dir, whole)
    return BigStore(state)
