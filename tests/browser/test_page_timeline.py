"""The timeline of a run: reached by mouse and keyboard, and bounded work for 20,000 executions."""
import subprocess

import pytest

RETRIES = "a0a7f8f3"
# What one frame may draw: about the pixels of its lanes, whatever the run.
MOST_CALLS = 6000


@pytest.fixture
def line(start, recordings, visit):
    """line("retries", run) -> (page, the timeline, the daemon)"""
    def show(store, run="latest", query="", state=None):
        d = start("--store", state or recordings / store / "state")
        page = visit.tab(f"{d.page}runs/{run}{query}")
        drawn(page)
        return page, page.get_by_role("application"), d

    return show


def drawn(page):
    page.wait_for_function("() => document.querySelector('.timeline')?.dataset.calls")


def view(page):
    return [int(x) for x in page.locator(".timeline").get_attribute("data-view").split()]


def view_changes(page, was):
    page.wait_for_function("(was) => document.querySelector('.timeline').dataset.view !== was", arg=" ".join(map(str, was)))
    return view(page)


def chosen(page):
    return page.locator(".chosen .test .name").inner_text()


def test_keyboard(line, visit):
    """Arrows go through a slot in order of time, and to what ran then in another; the address names what is chosen."""
    page, box, d = line("retries", RETRIES)
    rows = d.get(f"/api/v1/runs/{RETRIES}/tests?attempts=all&sort=start").json["tests"]
    slot0 = [t["test"] for t in rows if t["slot"] == 0]
    box.focus()
    seen = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        seen.append(chosen(page))
    assert seen == slot0[:3]
    assert page.get_by_role("status").filter(has_text=slot0[2]).count() == 1
    page.keyboard.press("ArrowDown")
    assert chosen(page) in {t["test"] for t in rows if t["slot"] == 1}
    page.keyboard.press("End")
    assert chosen(page) == [t["test"] for t in rows if t["slot"] == 1][-1]
    assert f"test={chosen(page)}" in page.url
    page.keyboard.press("Escape")
    page.locator(".chosen .card").wait_for(state="detached")
    visit.check_access(page)


def test_zoom_and_pan_by_keys(line):
    page, box, _ = line("retries", RETRIES)
    whole = view(page)
    box.focus()
    page.keyboard.press("+")
    near = view_changes(page, whole)
    assert near[1] - near[0] < whole[1] - whole[0]
    page.keyboard.press("Shift+ArrowRight")
    moved = view_changes(page, near)
    assert moved[0] > near[0] and abs((moved[1] - moved[0]) - (near[1] - near[0])) <= 1
    page.keyboard.press("0")
    assert view_changes(page, moved) == whole


def test_mouse(line, visit):
    """Hover tells, click chooses, dragging pans, a drag over the ruler zooms, and so does the wheel with Ctrl."""
    page, box, d = line("retries", RETRIES)
    t = d.get(f"/api/v1/runs/{RETRIES}/tests?text=times_out_then_good&attempts=all").json["tests"][0]
    box.scroll_into_view_if_needed()
    at = box.bounding_box()
    page.mouse.move(at["x"] + at["width"] * 0.8, at["y"] + at["height"] - 12)
    page.locator(".tip").get_by_text(t["test"]).wait_for()
    page.locator(".tip").get_by_text("timed out").wait_for()
    page.mouse.down()
    page.mouse.up()
    assert chosen(page) == t["test"]
    page.get_by_role("group", name="Attempts").get_by_role("button", name="attempt 2").click()
    page.locator(".chosen").get_by_text("passed", exact=False).first.wait_for()
    whole = view(page)
    box.scroll_into_view_if_needed()
    at = box.bounding_box()
    page.mouse.move(at["x"] + 300, at["y"] + 12)
    page.mouse.down()
    page.mouse.move(at["x"] + 500, at["y"] + 12, steps=4)
    page.mouse.up()
    near = view_changes(page, whole)
    assert near[1] - near[0] < (whole[1] - whole[0]) / 3
    page.mouse.move(at["x"] + 300, at["y"] + at["height"] - 12)
    page.mouse.down()
    page.mouse.move(at["x"] + 400, at["y"] + at["height"] - 12, steps=4)
    page.mouse.up()
    moved = view_changes(page, near)
    assert moved[0] < near[0]
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    assert (lambda v: v[1] - v[0])(view_changes(page, moved)) < moved[1] - moved[0]
    visit.shot(page)


def test_wheel_alone_scrolls_the_page(line):
    page, box, _ = line("retries", RETRIES)
    was = view(page)
    at = box.bounding_box()
    page.mouse.move(at["x"] + 300, at["y"] + 60)
    page.mouse.wheel(0, 300)
    page.wait_for_function("() => scrollY > 0")
    assert view(page) == was


def test_row_shows_on_the_timeline(line):
    page, _, d = line("retries", RETRIES)
    page.locator("section.tests tr", has_text="never_good").get_by_role("button", name="show on the timeline").click()
    assert chosen(page) == "never_good"
    page.locator(".chosen").get_by_role("button", name="Output").click()
    page.locator(".chosen .output").get_by_text("never_good ... FAILED").wait_for()


def test_shared_address_chooses_the_test(line):
    page, _, _ = line("retries", RETRIES, "?binary=seedlings::flaky&test=never_good")
    page.locator(".chosen .card").wait_for()
    assert chosen(page) == "never_good"


@pytest.mark.parametrize("store", ["setup-scripts", "paused", "stress", "groups", "cancelled", "no-tests", "slow-timeout", "failures"])
def test_every_kind_of_run_is_drawn(line, recordings, visit, start, store):
    """No run makes the page fail, whatever it holds."""
    d = start("--store", recordings / store / "state")
    page = visit.tab()
    for run in d.get("/api/v1/runs").json["runs"][:4]:
        page.goto(f"{d.page}runs/{run['id']}")
        page.get_by_role("heading", name="Tests", exact=True).wait_for()
        page.locator(".timeline canvas").or_(page.get_by_text("No test ran.")).or_(page.get_by_text("written nothing")).first.wait_for()
        page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        assert page.get_by_text("Something is wrong").count() == 0
        visit.shot(page, f"timeline-{store}-{run['id'][:8]}")


def test_20000_executions(line, source_dir, tmp_path, visit):
    """A frame draws about as much as it has pixels, at every zoom; the table holds a page of rows, not the run."""
    subprocess.run([source_dir / "bench" / "gen", "20000", tmp_path / "big"], check=True, stdout=subprocess.DEVNULL)
    page, box, _ = line(None, state=tmp_path / "big" / "state")
    page.wait_for_function("() => /20000 executions/.test(document.querySelector('.timeline').getAttribute('aria-label'))")
    calls = [int(box.get_attribute("data-calls"))]
    box.focus()
    for key in ["+"] * 12 + ["Shift+ArrowRight"] * 3 + ["ArrowRight"] * 5:
        was = view(page)
        page.keyboard.press(key)
        if key != "ArrowRight":
            view_changes(page, was)
        calls.append(int(box.get_attribute("data-calls")))
    assert 20 < min(calls) and max(calls) < MOST_CALLS, calls
    assert page.locator("tbody tr").count() <= 101
    assert page.evaluate("document.querySelectorAll('*').length") < 4000
    visit.shot(page)
