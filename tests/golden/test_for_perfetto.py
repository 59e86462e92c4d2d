"""--for-perfetto: nextest's trace, but that every flow starts inside a slice, for every recording."""
import json

import pytest

from support import stores as store_support
from support import env as env_support
from support.run import Tool

LEAST_CORRECTED = 250  # traces in which it changes something

done = {"corrected": 0}


@pytest.fixture(scope="module")
def nxctl(nxctl_path, tmp_path_factory):
    return Tool(nxctl_path, env_support.private(tmp_path_factory.mktemp("world")), tmp_path_factory.mktemp("elsewhere"))


def without_flows(events):
    return [e for e in events if e["ph"] not in "sf"]


def check_flows(events):
    """As Perfetto binds them: each start and end to the slice that is open on its track then."""
    depth, started = {}, set()
    for e in events:
        track = (e["pid"], e["tid"])
        if e["ph"] == "B":
            depth[track] = depth.get(track, 0) + 1
        elif e["ph"] == "E":
            depth[track] = max(depth.get(track, 0) - 1, 0)
        elif e["ph"] in "sf":
            assert depth.get(track, 0) > 0, e
            assert (e["id"] in started) == (e["ph"] == "f"), e
            started.add(e["id"])


@pytest.mark.parametrize("store", [pytest.param(s, id=store_support.store_name(s)) for s in store_support.stores()])
@pytest.mark.parametrize("form", [[], ["--group-by", "slot"]], ids=["binary", "slot"])
def test_only_flows_differ(nxctl, store, form):
    words = ["--all", "--store", store / "state", *form]
    listed = nxctl("list", "--all", "--json", "--store", store / "state")
    for run in listed.json["runs"] if listed.out else []:
        plain = nxctl("export", run["id"], *words)
        ours = nxctl("export", run["id"], "--for-perfetto", *words)
        assert (plain.code, plain.err.replace("\n", "")) == (ours.code, ours.err.replace("\n", ""))
        if not plain.out:
            assert not ours.out
            continue
        events = ours.json["traceEvents"]
        if run["status"] in ("incomplete", "unknown"):
            assert events[0]["name"] == "process_labels" and events[0]["ph"] == "M"
            assert ours.out.index(b"process_labels") < 100
            events = events[1:]
        elif not any(e["ph"] == "s" for e in events) and not any(e["ph"] == "s" for e in plain.json["traceEvents"]):
            assert ours.out == plain.out
        check_flows(events)
        assert without_flows(events) == without_flows(plain.json["traceEvents"])
        assert ours.json["otherData"] == plain.json["otherData"]
        done["corrected"] += ours.out != plain.out


def test_enough_was_corrected():
    assert done["corrected"] >= LEAST_CORRECTED
