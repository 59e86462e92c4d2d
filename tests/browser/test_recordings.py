"""Recordings of every kind, opened in the Perfetto UI: it shows what the recording says."""
import pytest

from support import queries, stores
from support.browsing import Visit
from support.perfetto import Opener, link
from support.tracemodel import Model, same

# Those in which only the list of runs is special are left out.
KINDS = [stores.store_name(s) for s in stores.stores() if any(r["traces"] for r in stores.index(s / "expected")["runs"])]


@pytest.fixture(scope="module")
def warm(browser, perfetto_server, tmp_path_factory):
    """One tab for all of this file: a UI that is there already opens a trace ten times as fast."""
    perfetto_server.behave("current")
    with Visit(browser, tmp_path_factory.mktemp("shots"), "recordings", alone=False) as visit:
        opener = Opener(visit, perfetto_server)
        ui = opener.open_link("https://ui.perfetto.dev/")
        yield ui


def telling(daemon, count=2):
    """Of the store's runs those that hold most kinds of things between them: [(run, {form: Model})]."""
    found = []
    for run in daemon.get("/api/v1/runs?limit=1000").expect(200).json["runs"]:
        r = daemon.get(f"/traces/{run['id']}.json")
        if r.status == 200:
            model = Model(r.body)
            found.append((run["id"], model.signature() | {f"missing: {r.header('X-Nxtrace-Missing') is not None}"}))
    chosen, seen = [], set()
    while found and len(chosen) < count:
        best = max(found, key=lambda f: len(f[1] - seen))
        if chosen and not best[1] - seen:
            break
        found.remove(best)
        chosen.append(best[0])
        seen |= best[1]
    return chosen


def check(ui, model, forgiven=()):
    assert ui.value("SELECT count(*) FROM slice") == len(model.slices)
    assert ui.tracks() == model.tracks()
    for name, sql in queries.ALL.items():
        found, wanted = ui.query(sql), model.query(sql)
        assert same(found, wanted), f"{name}: {found} instead of {wanted}"
    assert [e for e in ui.import_errors() if e[0] not in forgiven] == []


@pytest.mark.parametrize("name", KINDS)
def test_shows_what_it_says(usual, recordings, warm, name, tmp_path):
    d = usual("--store", stores.whole_state(recordings / name, tmp_path))
    runs = telling(d)
    assert runs
    for i, run in enumerate(runs):
        for form in ("", ".slot"):
            title = f"{name.replace('/', '-')}-{i}"
            trace = f"{d.page}traces/{run}/{title}{form}.json"
            warm.follow(link(trace))
            model = Model(d.get(f"/traces/{run}{form}.json").expect(200).body)
            # nextest's own mistake, which the plain trace repeats byte for byte.
            check(warm, model, forgiven=["flow_no_enclosing_slice"])
    warm.visit.assert_no_faults()
