"""The pages as a person sees them: what they show, filters in the address, keys, narrow and dark, and for a screen reader."""
import json
import re

import pytest

from support import stores

RETRIES = "a0a7f8f3"
FLAKY_TEST = "tests/seedlings%3A%3Aflaky/sorrel_good_at_3"
PAGES = {"runs": "", "run": f"runs/{RETRIES}", "test": FLAKY_TEST, "search": "tests?text=good", "flaky": "flaky", "slowest": "slowest",
         "compare": f"compare?base={RETRIES}&head=911a451e", "open": f"open/{RETRIES}"}
# What shows that a page has all it asked for.
READY = {"runs": "6 runs", "run": "3 tests failed", "test": "How long it took", "search": "sorrel_good_at_3", "flaky": "Over 6 runs",
         "slowest": "Over 6 runs", "compare": "Still failing", "open": "Show the run here"}


@pytest.fixture
def retries(start, recordings):
    return start("--store", recordings / "retries" / "state")


def settled(page, name):
    page.get_by_text(READY[name]).first.wait_for()
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    return page


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page(retries, visit, theme):
    """Is there without an error, has one main heading and a title, and axe-core finds nothing grave."""
    page = visit.tab()
    page.emulate_media(color_scheme=theme)
    for name, where in PAGES.items():
        page.goto(retries.page + where)
        settled(page, name)
        assert page.get_by_role("heading", level=1).count() == 1, name
        assert page.title().endswith(" · nxtrace"), name
        visit.check_access(page)
        visit.shot(page, f"page-{name}-{theme}", full_page=True)


def test_narrow(retries, visit):
    """At 360 pixels nothing has to be scrolled sideways but what scrolls by itself."""
    page = visit.tab()
    page.set_viewport_size({"width": 360, "height": 740})
    for name, where in PAGES.items():
        page.goto(retries.page + where)
        settled(page, name)
        assert too_wide(page) <= 0, name
        visit.shot(page, f"page-{name}-narrow", full_page=True)


def test_theme_is_chosen_and_kept(retries, visit):
    page = settled(visit.tab(retries.page), "runs")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    was = page.evaluate(ground)
    theme = page.get_by_role("button", name=re.compile("^Theme:"))
    theme.click()
    assert page.evaluate(ground) == was
    theme.click()
    assert page.evaluate(ground) != was
    page.reload()
    settled(page, "runs")
    assert page.get_by_role("button", name="Theme: dark. Change it").count() == 1
    assert page.evaluate(ground) != was


def test_first_view_is_small(retries, visit):
    """What the list needs until it stands, compressed, without the answers of the API: under 40 kB."""
    page = visit.tab()
    sizes = {}
    page.on("response", lambda r: "/api/" not in r.url and sizes.update({r.url: r}))
    page.goto(retries.page)
    settled(page, "runs")
    total = sum(r.request.sizes()["responseBodySize"] for r in sizes.values())
    assert 5_000 < total < 40_000, total


# The list of runs.

def test_list(start, recordings, visit):
    d = start("--store", recordings / "two-projects" / "state")
    page = visit.tab(d.page)
    rows = page.locator("tr.run")
    rows.first.wait_for()
    runs = d.get("/api/v1/runs").json["runs"]
    assert rows.evaluate_all("list => list.map((r) => r.dataset.run)") == [r["id"] for r in runs]
    failed = page.locator(f'tr[data-run="{next(r["id"] for r in runs if r["counts"]["failed"])}"]')
    assert "1 failed" in failed.inner_text()
    assert failed.get_by_text("failed", exact=True).count() == 1  # for a screen reader


def test_filters_are_in_the_address(start, recordings, visit):
    """A view can be shared: the filters make the address, and the address makes the filters."""
    d = start("--store", recordings / "two-projects" / "state")
    page = visit.tab(d.page)
    page.locator("tr.run").first.wait_for()
    everything = page.locator("tr.run").count()
    page.get_by_label("Outcome").select_option("failed")
    page.wait_for_url("**/?status=failed")
    page.wait_for_function("(n) => { const now = document.querySelectorAll('tr.run').length; return 0 < now && now < n; }", arg=everything)
    failed = page.locator("tr.run").count()
    assert failed == len(d.get("/api/v1/runs?status=failed").json["runs"])
    page.get_by_label("Workspace").select_option("_ssrc_sfields_ssouth")
    page.wait_for_url("**workspace=_ssrc_sfields_ssouth**")
    other = visit.tab(page.url)
    other.locator("tr.run").first.wait_for()
    assert other.get_by_label("Outcome").input_value() == "failed"
    assert set(other.locator("tr.run .workspace").all_inner_texts()) == {"/src/fields/south"}
    page.go_back()
    page.wait_for_function("(n) => document.querySelectorAll('tr.run').length === n", arg=failed)


def test_several_stores(start, recordings, visit):
    """The store is told and can be chosen; a run that is in two stores is shown from the one that was clicked."""
    d = start("--store", f"left={recordings / 'plain' / 'state'}", "--store", f"right={recordings / 'plain' / 'state'}")
    page = visit.tab(d.page)
    page.locator("tr.run").first.wait_for()
    assert page.locator("tr.run").count() == 6
    page.get_by_label("Store").select_option("right")
    page.wait_for_url("**/?store=right")
    page.wait_for_function("() => document.querySelectorAll('tr.run').length === 3")
    page.locator("tr.run a").first.click()
    page.wait_for_url("**/workspaces/right%3A_ssrc_sorchard/runs/*")
    page.get_by_role("heading", name="Tests", exact=True).wait_for()
    page.locator(".crumbs").get_by_text("right").wait_for()
    page.get_by_text("Link", exact=True).click()
    address = page.get_by_role("link", name="Download", exact=True).get_attribute("href")
    assert d.get(address).expect(200).json["traceEvents"]


def test_no_run_is_like_that(retries, visit):
    page = visit.tab(f"{retries.page}?profile=nobody")
    page.get_by_role("heading", name="No run is like that").wait_for()
    page.get_by_role("link", name="Show all runs").click()
    settled(page, "runs")


def test_older_runs(start, copy_state, visit):
    state = copy_state("plain")
    (runs_dir,) = stores.runs_dirs(state).values()
    listed = stores.read_list(runs_dir)
    listed["runs"] = [{**listed["runs"][0], "run-id": f"{n:08x}" + listed["runs"][0]["run-id"][8:]} for n in range(90)]
    stores.write_list(runs_dir, listed)
    page = visit.tab(start("--store", state).page)
    page.locator("tr.run").first.wait_for()
    assert page.locator("tr.run").count() == 60
    page.get_by_role("button", name="Older runs").click()
    page.wait_for_function("(n) => document.querySelectorAll('tr.run').length === n", arg=90)


def test_keys(retries, visit):
    """j and k choose a run, Enter shows it, / goes to the filters, ? tells the keys."""
    page = settled(visit.tab(retries.page), "runs")
    runs = [r["id"] for r in retries.get("/api/v1/runs").json["runs"]]
    for key in "jjjk":
        page.keyboard.press(key)
    assert page.locator("tr.picked").get_attribute("data-run") == runs[1]
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_text("next run").wait_for()
    visit.check_access(page)
    page.keyboard.press("Escape")
    keys.wait_for(state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "workspace"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{runs[1]}")


def test_keys_are_not_taken_from_who_types(retries, visit):
    page = settled(visit.tab(retries.page), "runs")
    page.get_by_label("Profile").fill("")
    page.get_by_label("Profile").press_sequentially("jo?")
    assert page.get_by_label("Profile").input_value() == "jo?"
    assert page.locator("tr.picked").count() == 0


def test_nothing_recorded(start, tmp_path, visit):
    """How to record, in words that can be copied."""
    (tmp_path / "state").mkdir()
    page = visit.tab(start("--store", tmp_path / "state").page)
    page.get_by_role("heading", name="No runs have been recorded yet").wait_for()
    assert "record = true" in page.locator("pre").inner_text()
    visit.check_access(page)
    visit.shot(page)


# A run.

def test_run(retries, visit):
    page = settled(visit.tab(f"{retries.page}runs/{RETRIES}"), "run")
    run = retries.get(f"/api/v1/runs/{RETRIES}/tests").json["run"]["counts"]
    tiles = page.locator(".tiles").inner_text().split()
    for word in ("failed", "flaky"):
        assert tiles[tiles.index(word) - 1] == str(run[word])
    first = page.locator("details.failure").first
    first.get_by_text("test birch_good_at_4 ... FAILED").wait_for()
    assert page.locator("details.failure").count() == run["failed"]
    assert page.locator("details.failure[open]").count() == 1


def test_output_on_demand(retries, visit):
    """What a failed test wrote is fetched when it is unfolded, and not before."""
    page = visit.tab()
    asked = []
    page.on("request", lambda r: "/output?" in r.url and asked.append(r.url))
    page.goto(f"{retries.page}runs/{RETRIES}")
    settled(page, "run")
    page.locator("details.failure").nth(0).get_by_text("FAILED").first.wait_for()
    assert len(asked) == 1
    page.locator("details.failure summary").nth(2).click()
    page.locator("details.failure").nth(2).get_by_text("never_good ... FAILED").wait_for()
    assert len(asked) == 2


def test_table_of_tests(start, recordings, visit):
    """Sorted and filtered by the server, and the view is in the address."""
    d = start("--store", recordings / "large" / "state")
    page = visit.tab(f"{d.page}runs/latest")
    table = page.get_by_role("table", name="Tests of this run")
    rows = table.locator("tbody tr")
    rows.nth(99).wait_for()
    assert rows.count() == 100
    table.get_by_role("button", name="Took").click()
    longest = d.get("/api/v1/runs/latest/tests?sort=duration&limit=1").json["tests"][0]
    table.locator("tbody tr").first.get_by_text(longest["test"], exact=True).wait_for()
    assert table.get_by_role("columnheader", name="Took").get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name=re.compile("^failed 10")).click()
    page.wait_for_function("() => document.querySelectorAll('section.tests tbody tr').length === 10")
    page.get_by_label("Filter the tests by name").fill("larch_sorrel")
    page.wait_for_url("**text=larch_sorrel**")
    page.wait_for_function("() => document.querySelectorAll('section.tests tbody tr').length === 1")
    other = visit.tab(page.url)
    other.wait_for_function("() => document.querySelectorAll('section.tests tbody tr').length === 1")
    assert other.get_by_label("Filter the tests by name").input_value() == "larch_sorrel"


def test_more_of_the_table(start, recordings, visit):
    d = start("--store", recordings / "large" / "state")
    page = visit.tab(f"{d.page}runs/latest")
    page.get_by_role("button", name="Show 100 more").click()
    page.wait_for_function("() => document.querySelectorAll('section.tests tbody tr').length === 200")


def test_what_held_it_up(start, recordings, visit):
    """The paused time, the setup script and the longest tests are told; a click shows one on the timeline."""
    d = start("--store", recordings / "paused" / "state")
    run = next(r["id"] for r in d.get("/api/v1/runs").json["runs"] if "script" in r["cli_args"])
    told = d.get(f"/api/v1/runs/{run}/timeline").json
    page = visit.tab(f"{d.page}runs/{run}")
    part = page.get_by_role("region", name="What held it up")
    part.get_by_text("in setup scripts").wait_for()
    assert re.search(r"\d+ ms\s*paused", part.inner_text())
    longest = told["executions"]["test"][told["summary"]["longest"][0]]
    first = part.get_by_role("listitem").first
    assert told["tests"]["name"][longest] in first.inner_text()
    first.get_by_role("button").click()
    assert page.locator(".chosen .test .name").inner_text() == told["tests"]["name"][longest]


def test_rerun_is_linked(start, recordings, visit):
    d = start("--store", recordings / "rerun" / "state")
    page = visit.tab(f"{d.page}runs/17548b86")
    page.get_by_role("link", name="f17fe45d").click()
    page.wait_for_url("**/runs/f17fe45d-*")
    page.get_by_role("link", name="17548b86", exact=True).wait_for()
    page.get_by_role("link", name="compare", exact=True).first.click()
    page.get_by_role("heading", name="Compare two runs").wait_for()
    page.get_by_text("still failing", exact=False).or_(page.get_by_text("Fixed")).first.wait_for()


def test_run_before_is_linked(retries, visit):
    """One click compares a run with the one before it in its workspace."""
    runs = [r["id"] for r in retries.get("/api/v1/runs").json["runs"]]
    page = visit.tab(f"{retries.page}runs/{runs[1]}")
    page.get_by_role("link", name="compare", exact=True).click()
    page.wait_for_url(f"**/compare?base={runs[2]}&head={runs[1]}**")
    page.get_by_role("button", name="Swap").wait_for()


@pytest.mark.parametrize("run, words", [("ffffffff", "no recorded run found matching `ffffffff`"), ("not-hex", "invalid run ID selector")])
def test_no_such_run(retries, visit, run, words):
    visit.expect("Failed to load resource")
    page = visit.tab(f"{retries.page}runs/{run}")
    page.get_by_text(words).wait_for()
    page.get_by_role("link", name="All runs", exact=True).click()
    settled(page, "runs")


def test_no_such_page(start, recordings, visit):
    """Within the page; the server answers other addresses itself."""
    page = settled(visit.tab(start("--store", recordings / "retries" / "state").page), "runs")
    page.evaluate("history.pushState(null, '', '/nowhere/at/all'); dispatchEvent(new PopStateEvent('popstate'))")
    page.get_by_role("heading", name="No such page").wait_for()


def test_no_index(start, recordings, visit):
    """Without an index the run itself is shown, and what lacks says why."""
    d = start("--store", recordings / "retries" / "state", "--no-index")
    page = visit.tab(f"{d.page}runs/{RETRIES}")
    page.get_by_text("--no-index").first.wait_for()
    assert page.get_by_role("button", name="Open in Perfetto", exact=True).is_enabled()
    visit.shot(page)
    for where in ("flaky", "slowest", FLAKY_TEST, "tests"):
        page.goto(d.page + where)
        page.get_by_text("--no-index").first.wait_for()


def test_killed_run(start, recordings, visit):
    """Told apart from one that goes on."""
    d = start("--store", recordings / "cancelled" / "state")
    (run, *_) = [r["id"] for r in d.get("/api/v1/runs?status=incomplete").json["runs"]]
    page = visit.tab(d.page)
    page.locator(f'tr[data-run="{run}"]').get_by_text("killed", exact=True).first.wait_for()
    page.goto(f"{d.page}runs/{run}")
    page.get_by_text("Its nextest was killed: this run will not end.").wait_for()


# The other pages.

def test_history(retries, visit):
    page = settled(visit.tab(retries.page + FLAKY_TEST), "test")
    history = retries.get("/api/v1/tests/seedlings%3A%3Aflaky/sorrel_good_at_3/history").json
    assert page.get_by_role("list", name="Outcomes, oldest first").get_by_role("link").count() == len(history["runs"])
    page.get_by_text("It fails, ever since").wait_for()
    first_bad = page.get_by_role("link", name="the run")
    assert first_bad.get_attribute("href").endswith(history["summary"]["first_bad"]["run"])
    page.get_by_role("region", name="Output").first.wait_for()


def test_search(retries, visit):
    page = settled(visit.tab(retries.page), "runs")
    page.keyboard.press("s")
    page.keyboard.type("sorrel")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tests?text=sorrel")
    page.get_by_role("link", name="seedlings::flaky sorrel_good_at_3").click()
    page.get_by_role("heading", name="sorrel_good_at_3").wait_for()


def test_trends_of_a_workspace(start, recordings, visit):
    d = start("--store", recordings / "retries" / "state")
    page = settled(visit.tab(f"{d.page}flaky"), "flaky")
    expected = d.get("/api/v1/flaky?limit=50").json["tests"]
    assert page.locator("table.trend tbody tr").count() == len(expected)
    page.get_by_label("Workspace").select_option("_ssrc_sseedlings")
    page.wait_for_url("**/workspaces/_ssrc_sseedlings/flaky")
    settled(page, "flaky")


def test_compare_is_chosen(retries, visit):
    page = visit.tab(f"{retries.page}compare")
    page.get_by_role("link", name="Compare the two newest").click()
    page.wait_for_url("**base=*&head=*")
    page.get_by_role("button", name="Swap").wait_for()
    head = page.get_by_label("Head").input_value()
    page.get_by_role("button", name="Swap").click()
    page.wait_for_url(f"**base={head}**")


# What is hostile stays text.

EVIL = '<img src=x onerror="document.title=1"><script>alert(1)</script>\u202e'


def rename(runs_dir, run, old, new):
    """A log whose tests are called something else."""
    log = runs_dir / run / "run.log.zst"
    text = stores.unzstd(log.read_bytes()).decode()
    assert old in text
    log.write_bytes(stores.zstd(text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1]).encode()))


def test_hostile_recording(start, copy_state, visit):
    """Names, arguments, groups and outputs full of markup execute nothing, and are shown as they are."""
    state = copy_state("retries")
    (runs_dir,) = stores.runs_dirs(state).values()
    listed = stores.read_list(runs_dir)
    for r in listed["runs"]:
        r["cli-args"] = ["cargo-nextest", "nextest", "run", EVIL]
        rename(runs_dir, r["run-id"], "never_good", EVIL)
    stores.write_list(runs_dir, listed)
    d = start("--store", state)
    page = visit.tab()
    page.route("**/output?*", lambda route: route.fulfill(json={**route.fetch().json(), "text": f"\x1b[31m{EVIL}\x1b]8;;javascript:alert(1)\x07x\n", "bytes": 99}))
    shown = EVIL.replace("\u202e", "\\u{202e}")
    page.goto(d.page)
    page.locator("tr.run code").first.get_by_text("<script>").wait_for()
    for where in (f"runs/{RETRIES}", "slowest", "tests", f"compare?base={RETRIES}&head=911a451e"):
        page.goto(d.page + where)
        page.locator(".test").filter(has_text=shown).first.wait_for()
    page.goto(f"{d.page}runs/{RETRIES}")
    page.locator(".output").first.get_by_text("<img src=x").first.wait_for()
    row = page.locator("section.tests").get_by_text(shown, exact=True)
    row.click()
    page.get_by_role("heading", name="<img src=x").wait_for()
    assert page.locator("img, iframe, script:not([src])").count() == 0
    assert page.title() != "1" and not visit.alerts
    visit.shot(page)


def test_no_markup_is_ever_made(source_dir):
    """Elements come out of dom.js alone, which knows no markup."""
    maker = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|eval\(|new Function|setTimeout\(['\"]")
    for f in (source_dir / "www").glob("*.js"):
        assert not maker.search(f.read_text()), f.name
        assert f.name == "dom.js" or "createElement" not in f.read_text(), f.name
    shell = (source_dir / "www" / "index.html").read_text()
    assert not re.search(r"\sstyle=|\son\w+=|<script>", shell)


def test_modules_parse_alone(source_dir):
    """Every module is reached from the shell: none lies there unused."""
    texts = {f.name: f.read_text() for f in (source_dir / "www").glob("*.js")}
    used = {name for t in texts.values() for name in re.findall(r"from '\./([\w.]+)'", t)}
    used |= {f"{m}.js" for m in re.findall(r"\], '(\w+)'|/, '(\w+)', '", texts["app.js"]) for m in m if m}
    assert set(texts) - used - {"app.js", "theme.js"} == set()
