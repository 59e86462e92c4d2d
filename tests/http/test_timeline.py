"""A run over time, from a daemon that needs no index for it."""
import json
import os

from support import stores
from support.daemon import eventually

RUN = "06b47e55-391f-42f9-b55e-62c436617e06"


def test_without_an_index(start, recordings, nxctl):
    store = recordings / "retries" / "state"
    d = start("--store", store, "--no-index")
    run = d.get("/api/v1/runs/latest").json["id"]
    want = nxctl("timeline", "--json", run, "--store", store).expect(0).out
    for address in ("/api/v1/runs/latest/timeline", f"/api/v1/runs/{run[:8]}/timeline", f"/api/v1/workspaces/_ssrc_sseedlings/runs/{run}/timeline",
                    f"/api/v1/runs/{run}/timeline?workspace=_ssrc_sseedlings"):
        got = d.get(address).expect(200)
        assert got.body == want and got.header("Content-Type") == "application/json"
    d.get("/api/v1/runs/latest/timeline", If_None_Match=got.header("ETag")).expect(304)
    packed = d.get("/api/v1/runs/latest/timeline", Accept_Encoding="zstd")
    assert packed.header("Content-Encoding") == "zstd" and stores.unzstd(packed.body) == want
    assert d.get("/api/v1/runs/latest/timeline?limit=3").expect(400).code == "usage"
    assert d.get("/api/v1/runs/ffffffff/timeline").expect(404).code == "not-found"


def test_a_run_that_goes_on(start, copy_state, recordings, nxctl):
    """At each length of the log, what nxctl makes of it."""
    state = copy_state("live/1-just-begun")
    (runs_dir,) = stores.runs_dirs(state).values()
    (ended,) = stores.runs_dirs(recordings / "live" / "4-ended" / "state").values()
    whole = (ended / RUN / "run.log.zst").read_bytes()
    d = start("--store", state, "--no-index")
    counts = []
    for at in (0, len(whole) // 3, 2 * len(whole) // 3, len(whole)):
        with open(runs_dir / RUN / "run.log.zst", "r+b") as f:
            f.seek(0, os.SEEK_END)
            f.write(whole[f.tell():at])
        want = nxctl("timeline", "--json", RUN, "--store", state).expect(0).out
        # An answer is kept for a second; no event tells of a log.
        eventually(lambda: d.get(f"/api/v1/runs/{RUN}/timeline").expect(200).body == want, "the log has grown")
        doc = json.loads(want)
        counts.append(len(doc["executions"]["test"]))
        assert doc["whole"] is doc["ended"] is (at == len(whole))
    assert counts == sorted(counts) and counts[0] == 0 < counts[2] < counts[3]


def test_files_that_are_gone(start, copy_state):
    state = copy_state("retries")
    d = start("--store", state, "--no-index")
    run = d.get("/api/v1/runs/latest").json["id"]
    for log in state.rglob(f"{run}/run.log.zst"):
        log.unlink()
    assert d.get(f"/api/v1/runs/{run}/timeline").expect(410).code == "gone"
