"""What the Perfetto UI shows: opened by a link or by whoever hands it a trace, and asked for what it has loaded."""
import time
import urllib.parse

ORIGIN = "https://ui.perfetto.dev"
OTHER_ORIGIN = "https://perfetto.team.example"  # the same UI under another name: a self-hosted one

# What the UI's console always says here: its own mistake, and what it would fetch from elsewhere.
NOISE = (r"directive 'navigate-to'", r"\((https://storage\.cloud\.google\.com|https://www\.googletagmanager\.com)/",
         # It looks for a trace_processor at this address, and is told that there is none, or finds nobody.
         r"http://127\.0\.0\.1:9001/status",
         # What it says to PING while it starts, which is why one asks until it answers.
         r"Ignoring message - document not ready yet")

QUERY = """async (sql) => {
  const found = await window.app.trace.engine.query(sql);
  const names = found.columns(), rows = [];
  const plain = (v) => typeof v === 'bigint' ? (v >= -(2n ** 53n) && v <= 2n ** 53n ? Number(v) : String(v)) : v;
  for (const row = found.iter({}); row.valid(); row.next()) rows.push(names.map((n) => plain(row.get(n))));
  return rows;
}"""

STATE = """() => ({
  loaded: Boolean(window.app && window.app.trace && !window.app.isLoadingTrace),
  title: window.app?.trace?.traceInfo?.traceTitle ?? '',
  said: [...document.querySelectorAll('.pf-modal-dialog, [role=dialog]')].map((e) => e.innerText).join('\\n'),
})"""


def link(trace, origin=ORIGIN, **more):
    """The address at which the UI opens a trace."""
    return f"{origin}/#!/?" + urllib.parse.urlencode({"url": trace, **more}, quote_via=urllib.parse.quote, safe="")


class Ui:
    """A tab with the UI in it."""

    def __init__(self, page, visit):
        self.page, self.visit = page, visit

    def state(self):
        try:
            return self.page.evaluate(STATE)
        except Exception as e:
            if "context was destroyed" in str(e) or "navigat" in str(e):
                return {"loaded": False, "title": "", "said": ""}
            raise

    def wait(self, title="", timeout=60):
        """Until the trace (of that title, where there may be another one) is loaded; fails where the UI says why not."""
        deadline = time.monotonic() + timeout
        while True:
            s = self.state()
            assert not s["said"] and not self.visit.alerts, f"the UI says: {s['said']} {self.visit.alerts}"
            if s["loaded"] and s["title"].startswith(title):
                return self
            assert time.monotonic() < deadline, f"{title} not loaded within {timeout} s, {self.page.url}: {s} {self.visit.faults}"
            self.page.wait_for_timeout(20)

    def follow(self, address):
        """Opens a further trace by a link, in the same tab and without loading the UI anew (ten times as fast). Its
        address has to end in another name than that of the trace before."""
        self.page.goto(address)
        trace = urllib.parse.parse_qs(address.partition("?")[2])["url"][0]
        return self.wait(trace.rpartition("/")[2])

    def complaint(self, timeout=60):
        """What the UI says instead of loading."""
        deadline = time.monotonic() + timeout
        while True:
            s = self.state()
            assert not s["loaded"], "the UI has loaded something"
            if s["said"] or self.visit.alerts:
                return "\n".join([s["said"], *self.visit.alerts])
            assert time.monotonic() < deadline, f"the UI said nothing within {timeout} s: {self.page.url}"
            self.page.wait_for_timeout(50)

    def trust(self, answer="Yes"):
        """Answers the UI's question whether the page that hands over a trace is to be trusted."""
        self.page.get_by_role("button", name=answer, exact=True).click()

    def query(self, sql):
        return [tuple(row) for row in self.page.evaluate(QUERY, sql)]

    def value(self, sql):
        ((v,),) = self.query(sql)
        return v

    def import_errors(self):
        return self.query("SELECT name, value FROM stats WHERE severity IN ('error', 'data_loss') AND value > 0")

    @property
    def title(self):
        return self.state()["title"]

    def tracks(self):
        """{(process, thread)} of the tracks that have slices."""
        return set(self.query("""SELECT DISTINCT p.name, t.name FROM slice s JOIN thread_track tt ON s.track_id = tt.id
            JOIN thread t USING (utid) JOIN process p USING (upid)"""))

    def selected_id(self):
        """The id of the slice that is selected, as soon as one is."""
        self.page.wait_for_function("window.app.trace.selection.selection.kind === 'track_event'")
        return self.page.evaluate("Number(window.app.trace.selection.selection.eventId)")

    def selected(self):
        """(ts, dur) of that slice, in ns."""
        ((ts, dur),) = self.query(f"SELECT ts, dur FROM slice WHERE id = {self.selected_id()}")
        return int(ts), int(dur)


class Opener:
    def __init__(self, visit, server):
        self.visit, self.server = visit, server
        visit.expect(*NOISE, needed=False)

    def behave(self, profile):
        """Which version's rules the UI has from now on: "current" or "v52". For a profile that has not seen the other one."""
        self.visit.begin_alone()
        self.server.behave(profile)

    def tab(self, permit=True, origin=ORIGIN):
        """An empty tab of a person who lets the UI reach this machine, as the browser asks; or who has not been asked."""
        page = self.visit.tab()
        if permit:
            self.visit.permit(page, origin)
        return page

    def open_link(self, address, permit=True, origin=ORIGIN):
        """Follows a link to the UI; wait() or complaint() on what is returned."""
        page = self.tab(permit, origin)
        page.goto(address)
        return Ui(page, self.visit)

    def handed(self, action):
        """The UI in the tab that opens by action()."""
        return Ui(self.visit.opens(action), self.visit)
