"""From a run's page to Perfetto: by hand-over, by slot, at one test, with a query, and from a link elsewhere."""
import re
import urllib.parse

import pytest

RETRIES = "a0a7f8f3"


def on_run(start, recordings, visit, store="plain", run="latest", query=""):
    d = start("--store", recordings / store / "state")
    return visit.tab(f"{d.page}runs/{run}{query}")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def told(page, pattern):
    """What the page says in passing."""
    page.locator("#toast").filter(has_text=re.compile(pattern)).wait_for(state="attached")


def test_hand_over(start, recordings, visit, perfetto):
    """At any port, and though nobody let the UI reach this machine, the button opens the run."""
    page = on_run(start, recordings, visit)
    ui = perfetto.handed(button(page, "Open in Perfetto").click).wait()
    assert ui.value("SELECT count(*) FROM slice") == 4
    assert re.fullmatch(r"orchard-\d{4}-\d\d-\d\d-\d{6}-[0-9a-f]{8}( \(.*\))?", ui.title), ui.title
    assert ui.import_errors() == []
    told(page, "^Handed .* to Perfetto")
    visit.shot(ui.page)


def test_hand_over_by_slot(start, recordings, visit, perfetto):
    page = on_run(start, recordings, visit, "groups")
    ui = perfetto.handed(button(page, "by slot").click).wait()
    assert {process for process, _ in ui.tracks()} == {"nextest run (default)", "tests"}
    assert "by slot" in ui.title


def test_key(start, recordings, visit, perfetto):
    """o opens the run; in the list the one that was chosen with j."""
    d = start("--store", recordings / "two-projects" / "state")
    page = visit.tab(d.page)
    page.get_by_role("row").nth(3).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator("tr.picked").get_attribute("data-run")
    ui = perfetto.handed(lambda: page.keyboard.press("o")).wait()
    assert chosen[:8] in ui.title


@pytest.mark.parametrize("test", ["sorrel_good_at_3", "times_out_then_good"])
def test_at_one_test(start, recordings, visit, perfetto, test):
    """The slice of the attempt that was chosen on the timeline is selected, and fills the view."""
    page = on_run(start, recordings, visit, "retries", RETRIES, f"?binary=seedlings::flaky&test={test}")
    ui = perfetto.handed(button(page, "Open Perfetto here").click).wait()
    (last,) = ui.query(f"""SELECT id FROM slice WHERE category = 'test'
        AND EXTRACT_ARG(arg_set_id, 'args.test_name') = '{test}' ORDER BY ts DESC LIMIT 1""")
    assert ui.selected_id() == last[0]


def test_query(start, recordings, visit, perfetto):
    """A query of nextest's documentation opens Perfetto with its result."""
    page = on_run(start, recordings, visit, "retries", RETRIES)
    page.get_by_text("SQL", exact=True).click()
    ui = perfetto.handed(button(page, "Retried tests").click).wait()
    ui.page.get_by_text("total_attempts").first.wait_for()
    visit.shot(ui.page)


def test_retries_show_no_import_error(start, recordings, visit, perfetto):
    """What the page opens has the flows of retries where Perfetto wants them; nextest's very bytes can be downloaded."""
    d = start("--store", recordings / "retries" / "state")
    page = visit.tab(f"{d.page}runs/{RETRIES}")
    ui = perfetto.handed(button(page, "Open in Perfetto").click).wait()
    assert ui.import_errors() == []
    page.get_by_text("Link", exact=True).click()
    with page.expect_download() as got:
        page.get_by_role("link", name="nextest’s own").click()
    assert got.value.path().read_bytes() == d.get(f"/traces/{RETRIES}.json").body


def test_query_by_link(usual, recordings, visit, perfetto):
    """Where links work, each query has one."""
    page = on_run(usual, recordings, visit, "retries", RETRIES)
    page.get_by_text("SQL", exact=True).click()
    links = page.get_by_role("link", name=re.compile("^By link: "))
    assert links.count() == 8
    ui = perfetto.open_link(page.get_by_role("link", name="By link: Time per binary").get_attribute("href")).wait()
    ui.page.get_by_text("test_count").first.wait_for()


def test_all_queries_can_be_copied(start, recordings, visit):
    page = on_run(start, recordings, visit)
    page.get_by_text("SQL", exact=True).click()
    copies = page.get_by_role("button", name=re.compile("^Copy the query:"))
    assert copies.count() == 8
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copies.first.click()
    told(page, "^Copied the query")
    assert "LIMIT 20;" in page.evaluate("navigator.clipboard.readText()")


def test_link(usual, recordings, visit, perfetto):
    """At 127.0.0.1:9001 there is a link, too, and it says what it takes."""
    page = on_run(usual, recordings, visit)
    page.get_by_text("Link", exact=True).click()
    page.get_by_text("newer browsers ask first: click Allow").wait_for()
    address = page.get_by_role("link", name="Open, by binary").get_attribute("href")
    assert address.startswith("https://ui.perfetto.dev/#!/?url=http%3A%2F%2F127.0.0.1%3A9001%2Ftraces%2F")
    assert perfetto.open_link(address).wait().value("SELECT count(*) FROM slice") == 4


def test_link_to_one_test(usual, recordings, visit, perfetto):
    """By link the UI shows the part of the trace where the test ran; the link to share leads to the page that opens it there."""
    page = on_run(usual, recordings, visit, "retries", RETRIES, "?binary=seedlings::flaky&test=never_good")
    address = page.get_by_role("link", name="By link").get_attribute("href")
    ui = perfetto.open_link(address).wait()
    last = ui.query("""SELECT ts, ts + dur FROM slice WHERE category = 'test'
        AND EXTRACT_ARG(arg_set_id, 'args.test_name') = 'never_good' ORDER BY ts DESC LIMIT 1""")[0]
    shown = ui.page.evaluate("[window.app.trace.timeline.visibleWindow.start.toTime('floor'), window.app.trace.timeline.visibleWindow.end.toTime('ceil')].map(String)")
    assert int(shown[0]) <= int(last[0]) and int(last[1]) <= int(shown[1])
    assert int(shown[1]) - int(shown[0]) < 3 * (int(last[1]) - int(last[0]))
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    page.get_by_role("button", name="Copy the link").last.click()
    told(page, "^Copied the link")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/open/{RETRIES}-6c34-4513-9cc9-2d17c532457e?binary=seedlings%3A%3Aflaky&test=never_good")


def test_no_link_elsewhere(start, recordings, visit):
    """At another port the UI could not read: the page says so, and offers none."""
    page = on_run(start, recordings, visit)
    page.get_by_text("Link", exact=True).click()
    page.get_by_text("the link would not work").wait_for()
    assert page.get_by_role("link", name="Open, by binary").count() == 0
    with page.expect_download() as got:
        page.get_by_role("link", name="Download", exact=True).click()
    assert got.value.suggested_filename.startswith("orchard-")


def test_open_page(start, recordings, visit, perfetto):
    """/open/RUN is for links from elsewhere: one click, and at a test if it names one."""
    d = start("--store", recordings / "retries" / "state")
    query = urllib.parse.urlencode({"binary": "seedlings::flaky", "test": "never_good"})
    page = visit.tab(f"{d.page}open/{RETRIES}?{query}")
    page.get_by_text("never_good").wait_for()
    visit.check_access(page)
    visit.shot(page)
    ui = perfetto.handed(button(page, "Open in Perfetto").click).wait()
    ui.selected()


def test_self_hosted(start, recordings, visit, perfetto):
    """--perfetto-url: the hand-over goes there."""
    d = start("--store", recordings / "plain" / "state", "--perfetto-url", "https://perfetto.team.example")
    page = visit.tab(f"{d.page}runs/latest")
    ui = perfetto.handed(button(page, "Open in Perfetto").click).wait()
    assert ui.page.url.startswith("https://perfetto.team.example/")
    assert ui.value("SELECT count(*) FROM slice") == 4


def test_pop_up_is_blocked(start, recordings, visit):
    page = on_run(start, recordings, visit)
    page.evaluate("window.open = () => null")
    button(page, "Open in Perfetto").click()
    told(page, "allow pop-ups for this page")
