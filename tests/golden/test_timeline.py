"""Timelines of every recording, against the run's trace and against sums made here the long way round."""
import json

import pytest

from support import env as env_support
from support import stores as store_support
from support.run import Tool

LEAST = {"attempts": 2000, "pauses": 5, "scripts": 20, "running": 5, "tails": 100}

seen = {k: 0 for k in LEAST}


@pytest.fixture(scope="module")
def nxctl(nxctl_path, tmp_path_factory):
    return Tool(nxctl_path, env_support.private(tmp_path_factory.mktemp("world")), tmp_path_factory.mktemp("elsewhere"))


def rows(doc):
    """Columns as rows, with names."""
    e = doc["executions"]
    assert {len(v) for v in e.values() if v is not None} <= {len(e["test"])}
    found = []
    for i in range(len(e["test"])):
        r = {k: v[i] if v is not None else None for k, v in e.items()}
        r["name"] = doc["tests"]["name"][r["test"]]
        r["binary"] = doc["binaries"][doc["tests"]["binary"][r["test"]]]
        r["outcome"] = doc["outcomes"][r["outcome"]]
        r["group"] = doc["groups"][r["group"]]
        if r["end"] is None:
            r["end"] = r["start"] + r["duration"]
        found.append(r)
    return found


def of_trace(events):
    """What the trace (by slot) says of attempts that ended, and how many have not."""
    ended, running = [], {}
    for e in events:
        args = e.get("args", {})
        if e.get("cat") == "test" and e["ph"] == "B" and "binary_id" in args:
            running[args["binary_id"], args["test_name"]] = e
        elif e.get("cat") == "test" and e["ph"] == "E" and "binary_id" in args:
            running.pop((args["binary_id"], args["test_name"]))
            stress = args.get("stress_index", {}).get("current")
            ended.append(((args["binary_id"], args["test_name"], args["attempt"], stress, min(e["tid"] - 10000, 2**32 - 2),
                           args["is_slow"], args["test_group"]), args["time_taken_ms"] * 1000, e["ts"]))
    return ended, running


def active(doc, a, b):
    """Time in [a, b) in which the run was not paused."""
    a, b = min(max(a, 0), doc["wall"]), min(max(b, 0), doc["wall"])
    paused = sum(max(0, min(b, p["to"] if p["to"] is not None else doc["wall"]) - max(a, p["from"])) for p in doc["pauses"])
    return max(b - a, 0) - paused


def bounded(v):
    """No number of an answer is larger, whatever a log says."""
    return min(max(v, 0), 1 << 53)


def check_sums(doc, found):
    s, slots, wall = doc["summary"], doc["slots"], doc["wall"]
    assert s["active"] == active(doc, 0, wall) and s["paused"] == wall - s["active"]
    assert s["busy"] == bounded(sum(active(doc, r["start"], r["end"]) for r in found))
    assert s["idle"] == bounded(bounded(slots * s["active"]) - s["busy"])
    assert s["longest"] == sorted(range(len(found)), key=lambda i: (-found[i]["duration"], i))[:10]
    # The tail: cut the run at every start and end, and go back from its end.
    cuts = sorted({0, wall, *(min(max(t, 0), wall) for r in found for t in (r["start"], r["end"]))})
    begin = wall
    for a, b in reversed(list(zip(cuts, cuts[1:]))):
        if 2 * sum(r["start"] <= a and r["end"] >= b for r in found) > slots:
            break
        begin = a
    tail = s["tail"]
    assert tail["from"] == (begin if found and slots else wall)
    assert tail["duration"] == active(doc, tail["from"], wall)
    busy = sum(active(doc, max(r["start"], tail["from"]), r["end"]) for r in found if r["end"] > tail["from"])
    assert tail["idle"] == bounded(bounded(slots * tail["duration"]) - busy)
    last = [i for i in range(len(found)) if found[i]["end"] > tail["from"]] if tail["duration"] else []
    assert tail["last"] == sorted(last, key=lambda i: (-found[i]["end"], i))[:10]
    seen["tails"] += tail["duration"] > 0


def check_run(nxctl, store, run):
    words = [run["id"], "--all", "--store", store / "state"]
    got = nxctl("timeline", "--json", *words)
    trace = nxctl("export", "--group-by", "slot", *words)
    if got.code != 0:
        assert not trace.out or got.code == trace.code, str(got)
        return
    doc, events = got.json, trace.json["traceEvents"]
    found = rows(doc)
    assert doc["run"] == run
    ended, running = of_trace(events)
    mine = [r for r in found if r["outcome"] != "running" and r["slot"] is not None]
    assert sorted(((r["binary"], r["name"], r["attempt"], r["stress_index"], r["slot"], bool(r["slow"]), r["group"]), r["duration"])
                  for r in mine) == sorted((key, min(int(took + 1e-6), 1 << 53)) for key, took, _ in ended)
    assert sum(r["outcome"] == "running" for r in found) == len(running)
    if "formats" not in store.parts:  # elsewhere a run that ended began, and times are what a clock said
        assert doc["ended"] == any(e["name"] == "test run" and e["ph"] == "E" and e.get("args") for e in events)
        zero = min(e["ts"] for e in events if e["ph"] == "B") if events else 0
        ends = {key: ts for key, _, ts in ended}
        for r in mine:
            key = (r["binary"], r["name"], r["attempt"], r["stress_index"], r["slot"], bool(r["slow"]), r["group"])
            assert abs(r["end"] - (ends[key] - zero)) < 50000, (r, ends[key] - zero)
            assert -5000 <= r["start"] <= r["end"] <= doc["wall"] + 5000, r
    check_sums(doc, found)
    seen["attempts"] += len(found)
    seen["running"] += len(running)
    seen["pauses"] += len(doc["pauses"])
    seen["scripts"] += len(doc["scripts"])


@pytest.mark.parametrize("store", [pytest.param(s, id=store_support.store_name(s)) for s in store_support.stores()])
def test_timelines(nxctl, store):
    listed = nxctl("list", "--all", "--json", "--store", store / "state")
    for run in json.loads(listed.out)["runs"] if listed.out else []:
        check_run(nxctl, store, run)


def test_enough_was_compared():
    assert {k: seen[k] for k in LEAST if seen[k] < LEAST[k]} == {}, seen
