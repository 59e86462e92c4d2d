"""The pages follow what happens: runs that begin, grow, end and are killed, and a daemon that goes away and comes back."""
import os

import pytest

from support import stores
from support.going import World, test_process, writer

RUN = "06b47e55-391f-42f9-b55e-62c436617e06"


@pytest.fixture
def world(copy_state):
    return World(copy_state("plain"))


def row(page, run):
    return page.locator(f'tr[data-run="{run}"]')


def test_list_follows(start, world, visit):
    """A run shows when it begins, as running while its nextest lives, and how it ended; one that is pruned goes."""
    d = start("--store", world.state)
    page = visit.tab(d.page)
    page.locator("tr.run").first.wait_for()
    page.get_by_text("live", exact=True).wait_for()
    run = world.begin(1, write=False)
    with writer(world.log(run)):
        world.write()
        row(page, run).get_by_text("running", exact=True).first.wait_for()
        row(page, run).get_by_role("progressbar").wait_for()
        assert page.locator("tr.run").first.get_attribute("data-run") == run
        visit.check_access(page)
        visit.shot(page)
    world.end(run)
    row(page, run).get_by_text("passed", exact=True).first.wait_for(state="attached")
    row(page, run).get_by_role("progressbar").wait_for(state="detached")
    world.remove(run)
    row(page, run).wait_for(state="detached")


def test_what_is_chosen_stays_chosen(start, world, visit):
    """Nothing jumps under the hands of a person when a run begins."""
    d = start("--store", world.state)
    page = visit.tab(d.page)
    page.locator("tr.run").first.wait_for()
    page.get_by_text("live", exact=True).wait_for()
    page.keyboard.press("j")
    chosen = page.locator("tr.picked").get_attribute("data-run")
    run = world.begin(1)
    row(page, run).wait_for()
    assert page.locator("tr.picked").get_attribute("data-run") == chosen


def grow(runs_dir, log, to):
    with open(runs_dir / RUN / "run.log.zst", "r+b") as f:
        f.seek(0, os.SEEK_END)
        f.write(log[f.tell():to])


def test_run_follows(start, copy_state, recordings, visit):
    """A run's page: the tests that run now, then what the log tells as it grows, then how it ended."""
    state = copy_state("live/1-just-begun")
    (runs_dir,) = stores.runs_dirs(state).values()
    (ended,) = stores.runs_dirs(recordings / "live" / "4-ended" / "state").values()
    log = (ended / RUN / "run.log.zst").read_bytes()
    d = start("--store", state)
    with writer(runs_dir / RUN / "run.log.zst"), test_process(RUN, "sprouting::line", "step_now", ATTEMPT=2, TOTAL_ATTEMPTS=3):
        page = visit.tab(f"{d.page}runs/{RUN}")
        page.get_by_role("heading", name="Running now").wait_for()
        page.get_by_text("step_now").wait_for()
        page.get_by_text("attempt 2 of 3").wait_for()
        page.get_by_text("nextest has written nothing of this run yet").wait_for()
        visit.check_access(page)
        grow(runs_dir, log, len(log) // 2)
        line = page.get_by_role("application")
        line.wait_for()
        first = line.get_attribute("aria-label")
        visit.shot(page)
        grow(runs_dir, log, len(log))
        page.wait_for_function("(was) => document.querySelector('.timeline').getAttribute('aria-label') !== was", arg=first)
    new = runs_dir / "runs.json.zst.new"
    new.write_bytes((ended / "runs.json.zst").read_bytes())
    new.rename(runs_dir / "runs.json.zst")
    page.get_by_role("heading", name="Running now").wait_for(state="detached")
    page.get_by_role("heading", level=1).get_by_text("passed", exact=False).or_(page.get_by_role("heading", level=1).get_by_text("failed", exact=False)).first.wait_for()


def test_daemon_goes_and_comes_back(start, world, visit):
    """The page says that it tries again, and goes on by itself: also with what happened in between."""
    visit.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET", needed=False)
    first = start("--store", world.state)
    port = first.address[1]
    page = visit.tab(first.page)
    page.locator("tr.run").first.wait_for()
    page.get_by_text("live", exact=True).wait_for()
    assert first.stop() == 0
    page.get_by_text("reconnecting…").wait_for()
    run = world.begin(7)
    world.end(run)
    start("--store", world.state, listen=f"127.0.0.1:{port}")
    page.get_by_text("live", exact=True).wait_for()
    row(page, run).wait_for()
    assert page.locator("tr.run").count() == len(world.list["runs"])


def test_daemon_is_gone(start, world, visit):
    """Going to another page while the daemon is away: words, and a button that tries again."""
    visit.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET|Failed to load", needed=False)
    d = start("--store", world.state)
    page = visit.tab(d.page)
    page.locator("tr.run").first.wait_for()
    page.get_by_role("link", name="Flaky").click()
    page.get_by_text("Over ").first.wait_for()
    assert d.stop() == 0
    page.get_by_label("Over").select_option("200")
    page.get_by_role("heading", name="The daemon does not answer").wait_for()
    visit.check_access(page)
    start("--store", world.state, listen=f"127.0.0.1:{d.address[1]}")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="The daemon does not answer").wait_for(state="detached")
