"""Which tests run now, told by processes that look like nextest's."""
import datetime
import time

import pytest

from support.daemon import eventually
from support.going import World, test_process, writer


@pytest.fixture
def world(copy_state):
    return World(copy_state("plain"))


@pytest.fixture
def young(start, world):
    """A daemon, and a run whose log is empty yet."""
    run = world.begin(1)
    return start("--store", world.state), run


def test_tests_slots_and_attempts(young, world):
    d, run = young
    other = "ffffffff" + run[8:]
    with writer(world.log(run)), \
            test_process(run, "b::tests", "slow", TEST_GLOBAL_SLOT=3, ATTEMPT=2, TOTAL_ATTEMPTS=4), \
            test_process(run, "a", 'odd "name"/größe', TEST_GLOBAL_SLOT=0, STRESS_CURRENT=7, TEST_GROUP="serial"), \
            test_process(other, "a", "of another run"):
        # What was seen a fifth of a second ago still serves.
        eventually(lambda: len(d.get(f"/api/v1/runs/{run}/running").json["tests"]) == 2, "both are seen")
        for address in (f"/api/v1/runs/{run}/running", "/api/v1/runs/latest/running",
                        f"/api/v1/workspaces/{world.workspace}/runs/{run[:8]}/running",
                        f"/api/v1/runs/{run}/running?workspace={world.workspace}"):
            got = d.get(address).expect(200)
            assert got.header("Cache-Control") == "no-store" and got.header("Content-Type") == "application/json"
            doc = got.json
            assert list(doc) == ["run", "alive", "tests", "problem"]
            assert doc["run"] == run and doc["alive"] is True and doc["problem"] is None
            one, two = doc["tests"]
            for t in (one, two):
                began = datetime.datetime.fromisoformat(t.pop("started_at").replace("Z", "+00:00"))
                assert abs((datetime.datetime.now(datetime.timezone.utc) - began).total_seconds()) < 60
            assert one == {"binary": "a", "test": 'odd "name"/größe', "attempt": 1, "total_attempts": 1, "slot": 0,
                           "group": "serial", "stress_index": 7}
            assert two == {"binary": "b::tests", "test": "slow", "attempt": 2, "total_attempts": 4, "slot": 3,
                           "group": "@global", "stress_index": None}


def test_alive_by_its_log_or_its_tests(young, world):
    d, run = young

    def now():
        return d.get(f"/api/v1/runs/{run}/running").expect(200).json

    assert now() == {"run": run, "alive": False, "tests": [], "problem": None}
    with writer(world.log(run)):
        assert eventually(lambda: now()["alive"], "it is alive") is True
        assert now()["tests"] == []
    with test_process(run, "a", "b"):
        eventually(lambda: now()["tests"], "the test is seen")
        assert now()["alive"] is True
    eventually(lambda: now()["alive"] is False and not now()["tests"], "it is gone")


def test_a_run_that_has_ended(plain, plain_runs):
    run = plain_runs[0]["run-id"]
    with test_process(run, "left", "over"):
        assert plain.get(f"/api/v1/runs/{run}/running").json == {"run": run, "alive": False, "tests": [], "problem": None}


def test_no_procs(start, world):
    run = world.begin(1)
    d = start("--store", world.state, "--no-procs")
    with writer(world.log(run)), test_process(run, "a", "b"):
        doc = d.get(f"/api/v1/runs/{run}/running").expect(200).json
    assert doc["alive"] is None and doc["tests"] == [] and "look at no processes" in doc["problem"]


@pytest.mark.parametrize("target, status, code", [
    ("/api/v1/runs/ffffffff/running", 404, "not-found"), ("/api/v1/runs/xyz/running", 400, "invalid-selector"),
    ("/api/v1/runs/latest/running?x=1", 400, "usage"), ("/api/v1/runs/latest/running?workspace=a&workspace=b", 400, "usage"),
    ("/api/v1/workspaces/no/runs/latest/running", 404, "not-found"), ("/api/v1/runs/latest/running?%", 400, "usage")])
def test_refusals(plain, target, status, code):
    assert plain.get(target).expect(status).code == code


def test_asked_often_it_looks_seldom(young, world):
    """Processes are looked at for all who ask within a fifth of a second."""
    d, run = young
    with writer(world.log(run)):
        def cpu():
            with open(f"/proc/{d.pid}/stat") as f:
                return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))

        before, began, asked = cpu(), time.monotonic(), 0
        while time.monotonic() - began < 2:
            d.get(f"/api/v1/runs/{run}/running").expect(200)
            asked += 1
        assert asked > 100 and cpu() - before < 180
