"""Recordings of every kind, opened in the Perfetto UI: it shows what the recording says."""
import pytest

from support import queries, stores
from support.browsing import Visit
from support.perfetto import Opener, link
from support.sanitized import fewer
from support.tracemodel import Model, same

# Those in which only the list of runs is special are left out.
KINDS = [stores.store_name(s) for s in stores.stores() if any(r["traces"] for r in stores.index(s / "expected")["runs"])]

# The daemon does the same for each, and a UI for every one takes four seconds of a processor.
OPENED = fewer(KINDS, 5)

# nextest's own mistake, which the plain trace repeats byte for byte.
FLOWS = "flow_no_enclosing_slice"


@pytest.fixture(scope="module")
def warm(browser, perfetto_server, tmp_path_factory):
    """One tab for all of this file: a UI that is there already opens a trace ten times as fast."""
    perfetto_server.behave("current")
    with Visit(browser, tmp_path_factory.mktemp("shots"), "recordings", alone=False) as visit:
        yield Opener(visit, perfetto_server).open_link("https://ui.perfetto.dev/")


def telling(daemon, count=2):
    """Of the store's runs those that hold most kinds of things between them."""
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
    assert chosen
    return chosen


def check(ui, body, errors=()):
    """errors: what the UI may complain of, and how often."""
    model = Model(body)
    assert ui.value("SELECT count(*) FROM slice") == len(model.slices)
    assert ui.tracks() == model.tracks()
    for name, sql in queries.ALL.items():
        found, wanted = ui.query(sql), model.query(sql)
        assert same(found, wanted), f"{name}: {found} instead of {wanted}"
    assert set(ui.import_errors()) <= set(errors)
    return model


@pytest.mark.parametrize("name", OPENED)
def test_link(usual, recordings, warm, name, tmp_path):
    """By binary and by slot; nextest's own trace, and the one that is made for Perfetto."""
    d = usual("--store", stores.whole_state(recordings / name, tmp_path))
    forms = [["", ".slot.perfetto"], [".slot", ".perfetto"]]
    for i, run in enumerate(telling(d)):
        for form in forms[i]:
            warm.follow(link(f"{d.page}traces/{run}/{name.replace('/', '-')}-{i}{form}.json"))
            body = d.get(f"/traces/{run}{form}.json").expect(200).body
            check(warm, body, [] if "perfetto" in form else [(FLOWS, Model(body).flows)])
    warm.visit.assert_no_faults()


@pytest.mark.parametrize("form", ["", ".slot"])
def test_retries(usual, recordings, warm, form):
    """The arrows of retries: an error each in nextest's own trace, and none in the one for Perfetto, which has them all."""
    d = usual("--store", recordings / "retries" / "state")
    for run in telling(d, 1):
        bodies = {}
        for made in ("", ".perfetto"):
            warm.follow(link(f"{d.page}traces/{run}/retries{form}{made}.json"))
            bodies[made] = d.get(f"/traces/{run}{form}{made}.json").expect(200).body
            arrows, shown = Model(bodies[made]).flows, warm.value("SELECT count(*) FROM flow")
            assert arrows > 0
            assert (warm.import_errors(), shown) == (([], arrows) if made else ([(FLOWS, arrows)], 0))
        assert Model(bodies[""]).flows == Model(bodies[".perfetto"]).flows
    warm.visit.assert_no_faults()


@pytest.mark.parametrize("name", OPENED)
def test_hand_over(start, recordings, warm, name, tmp_path):
    """The page's button, at any port."""
    d = start("--store", stores.whole_state(recordings / name, tmp_path))
    (run,) = telling(d, 1)
    page = warm.visit.tab(f"{d.page}open/{run}")
    ui = Opener(warm.visit, None).handed(page.get_by_role("button", name="Open in Perfetto").click).wait()
    page.close()
    check(ui, d.get(f"/traces/{run}.perfetto.json").expect(200).body)
    ui.page.close()
    warm.visit.assert_no_faults()
