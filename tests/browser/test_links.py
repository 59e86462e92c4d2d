"""Links that open a trace in the Perfetto UI: what they select and run, who may, and what is said where it does not work."""
import json
import subprocess
import sys

import pytest

from support.daemon import eventually
from support.perfetto import ORIGIN, OTHER_ORIGIN, Ui, link
from support.tracemodel import Model

COUNT = "SELECT count(*) FROM slice"


@pytest.mark.parametrize("version", ["current", "v52"])
def test_link(usual, recordings, perfetto, visit, version):
    """A link opens the run, under the name that its address ends with, whichever version of the UI follows it."""
    perfetto.behave(version)
    d = usual("--store", recordings / "plain" / "state")
    ui = perfetto.open_link(link(f"{d.page}traces/latest/for-people.json")).wait()
    assert ui.value(COUNT) == 4
    assert ui.title.startswith("for-people.json")
    assert ui.import_errors() == []
    visit.shot(ui.page)


def test_no_trace_processor(usual, recordings, perfetto, visit):
    """The UI looks for its trace_processor at our port: it must not take us for one, nor ask anything of whoever visits it."""
    usual("--store", recordings / "plain" / "state")
    page = perfetto.tab()
    asked, sockets = [], []
    page.on("response", lambda r: asked.append((r.request.method, r.url, r.status)) if ":9001/" in r.url else None)
    page.on("websocket", lambda s: sockets.append(s.url))
    page.goto(ORIGIN)
    page.get_by_text("Open trace file").first.wait_for()
    eventually(lambda: page.wait_for_timeout(10) or asked, "the UI has looked for a trace_processor")
    assert asked == [("POST", "http://127.0.0.1:9001/status", 404)]
    assert Ui(page, visit).state() == {"loaded": False, "title": "", "said": ""}
    assert sockets == []


@pytest.mark.parametrize("exact", [True, False])
def test_slice(usual, recordings, perfetto, exact):
    """ts and dur in a link select the slice that has them; ts does alone."""
    d = usual("--store", recordings / "retries" / "state")
    model = Model(d.get("/traces/latest.perfetto.json").expect(200).body)
    tests = [s for s in model.slices if s.category == "test" and s.dur > 0]
    chosen = tests[len(tests) // 2]
    ts, dur = int(chosen.ts) * 1000, int(chosen.dur) * 1000
    more = {"ts": ts, "dur": dur} if exact else {"ts": ts}
    ui = perfetto.open_link(link(f"{d.page}traces/latest.perfetto.json", visStart=ts - dur, visEnd=ts + 2 * dur, **more)).wait()
    assert ui.selected() == (ts, dur)
    start, length = ui.page.evaluate("(() => { const w = window.app.trace.timeline.visibleWindow; return [String(w.start.integral), w.duration]; })()")
    assert int(start) <= ts and ts + dur <= int(start) + length <= int(start) + 6 * dur, "it fills the view"


def test_query(usual, recordings, perfetto):
    """query= runs it and shows the result."""
    d = usual("--store", recordings / "plain" / "state")
    ui = perfetto.open_link(link(f"{d.page}traces/latest.json", query="SELECT 'made ' || count(*) AS told FROM slice")).wait()
    ui.page.get_by_text("made 4").first.wait_for()


def test_not_permitted(usual, recordings, perfetto, visit):
    """Nobody let the UI reach this machine: nothing arrives here, and the UI says that it could not fetch."""
    d = usual("--store", recordings / "plain" / "state", "--verbose")
    visit.expect("Permission was denied for this request to access the `loopback` address space", r"ERR_FAILED.*latest\.json")
    ui = perfetto.open_link(link(f"{d.page}traces/latest.json"), permit=False)
    assert "Failed to fetch" in ui.complaint()
    d.get("/healthz").expect(200)
    assert d.stop() == 0
    told = d.running.text["stderr"].decode()
    assert "/healthz" in told and "/traces/" not in told


def test_origin_refused(usual, recordings, perfetto, visit):
    """Only pages that --allow-origin names may read."""
    d = usual("--store", recordings / "plain" / "state", "--allow-origin", "https://elsewhere.example")
    visit.expect("has been blocked by CORS policy: No 'Access-Control-Allow-Origin'", r"ERR_FAILED.*refused\.json")
    ui = perfetto.open_link(link(f"{d.page}traces/latest/refused.json"))  # a name that no test before has in the browser's cache
    assert "Failed to fetch" in ui.complaint()


def test_self_hosted(usual, recordings, perfetto, visit):
    """--perfetto-url lets a UI of one's own read, and no longer the public one."""
    d = usual("--store", recordings / "plain" / "state", "--perfetto-url", OTHER_ORIGIN)
    traces = f"{d.page}traces/latest"
    assert perfetto.open_link(link(f"{traces}/theirs.json", origin=OTHER_ORIGIN), origin=OTHER_ORIGIN).wait().value(COUNT) == 4
    visit.expect("has been blocked by CORS policy", r"ERR_FAILED.*public\.json")
    assert "Failed to fetch" in perfetto.open_link(link(f"{traces}/public.json")).complaint()


def test_no_such_run(usual, recordings, perfetto, visit):
    """The UI tells the status, which it sees because errors may be read, too."""
    d = usual("--store", recordings / "plain" / "state")
    visit.expect(r"status of 404.*ffffffff")
    assert "404" in perfetto.open_link(link(f"{d.page}traces/ffffffff.json")).complaint()


def test_run_that_goes_on(usual, copy_state, perfetto, visit):
    """Each link shows how far the run has come; a tab that is loaded anew shows what it had, not what another one has."""
    perfetto.behave("current")  # for a profile of its own: the UI keeps traces in it
    state = copy_state("live/2-first-flush")
    (log,) = [p for p in state.rglob("run.log.zst") if p.parent.name.startswith("06b47e55")]
    d = usual("--store", state)
    tabs = []
    for later in (None, "live/3-second-flush"):
        if later:
            whole = copy_state(later)
            (more,) = [p for p in whole.rglob("run.log.zst") if p.parent.name == log.parent.name]
            assert more.read_bytes().startswith(log.read_bytes())
            with open(log, "ab") as f:
                f.write(more.read_bytes()[log.stat().st_size:])
        ui = perfetto.open_link(link(f"{d.page}traces/06b47e55/snapshot.perfetto.json")).wait()
        model = Model(d.get("/traces/06b47e55.perfetto.json").expect(200).body)
        assert ui.value(COUNT) == len(model.slices)
        assert ui.value(f"{COUNT} WHERE dur = -1") == sum(s.dur == -1 for s in model.slices) > 0
        tabs.append((ui, len(model.slices)))
    assert tabs[0][1] < tabs[1][1]
    for ui, count in tabs:
        ui.page.wait_for_url("**/*local_cache_key=*")
        ui.page.reload()
        assert Ui(ui.page, visit).wait().value(COUNT) == count


def test_20000_tests(usual, perfetto, tmp_path, source_dir, visit):
    subprocess.run([sys.executable, source_dir / "bench/gen", "20000", tmp_path / "big"], check=True)
    d = usual("--store", tmp_path / "big/state")
    ui = perfetto.open_link(link(f"{d.page}traces/latest/big.perfetto.json")).wait()
    assert ui.value(f"{COUNT} WHERE category = 'test'") == 20000
    assert ui.import_errors() == []
    (slowest,) = ui.query("SELECT max(EXTRACT_ARG(arg_set_id, 'args.time_taken_ms')) FROM slice WHERE category = 'test'")
    events = json.loads(d.get("/traces/latest.json").expect(200).body)["traceEvents"]
    assert slowest == (max(e["args"]["time_taken_ms"] for e in events if e["ph"] == "E" and e["cat"] == "test"),)
    visit.shot(ui.page)
