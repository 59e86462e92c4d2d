"""A visit with a browser: a context of its own (cookies, caches, permissions), in which whatever goes wrong is collected."""
import re

from support import venv

# How bad a finding of axe-core has to be to fail a test.
GRAVE = ("serious", "critical")


SETTINGS = {"ignore_https_errors": True, "viewport": {"width": 1400, "height": 900}, "locale": "en-GB"}

TELL_POLICY = """document.addEventListener('securitypolicyviolation',
    (e) => console.error('blocked by policy: ' + e.effectiveDirective + ' ' + e.blockedURI))"""

# What a test leaves behind, but for what the browser made of programs (compiled code, a service worker and its files): to make
# that anew costs six seconds of a processor.
TRACES = "cookies,local_storage,indexeddb,websql,file_systems,shared_storage"


class Contexts:
    """The browser's contexts: a new one for whoever wants to be alone, and one that knows the Perfetto UI already."""

    def __init__(self, browser):
        self.browser, self.known = browser, None

    def new(self):
        context = self.browser.new_context(**SETTINGS)
        context.set_default_timeout(60000)
        context.add_init_script(TELL_POLICY)
        return context

    def borrow(self):
        self.known = self.known or self.new()
        return self.known

    def give_back(self, context, good, origins):
        """It goes on if nothing went wrong; without what the test left behind."""
        if context is not self.known or not good:
            self.known = self.known if context is not self.known else None
            context.close()
            return
        for page in context.pages[1:]:
            page.close()
        page = context.pages[0] if context.pages else context.new_page()
        page.goto("about:blank")
        session = context.new_cdp_session(page)
        for origin in origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": TRACES})
        page.close()
        context.clear_cookies()
        context.clear_permissions()


class Visit:
    """with Visit(contexts, folder for screenshots, name) as v

    v.tab() opens a tab; v.faults are the errors on all tabs' consoles, uncaught exceptions, and what a
    Content-Security-Policy blocked; v.alerts are the messages of dialogs, which are dismissed. A test that means to
    cause a fault says so before: v.expect("regular expression"), which then must come. v.failed is to be set where the
    test went wrong.
    """

    def __init__(self, contexts, shots, name, alone=True):
        self.contexts, self.browser, self.shots, self.name, self.alone = contexts, contexts.browser, shots, name, alone
        self.context = self.session = None
        self.faults, self.alerts, self.expected, self.origins, self.failed = [], [], {}, set(), False

    def __enter__(self):
        # Permissions are forgotten when the session ends that gave them.
        self.session = self.browser.new_browser_cdp_session()
        self._enter(self.contexts.new() if self.alone else self.contexts.borrow())
        return self

    def _enter(self, context):
        self.context = context
        self.context.on("page", self._watch)

    def _leave(self):
        self.context.remove_listener("page", self._watch)
        self.contexts.give_back(self.context, not self.failed, self.origins)

    def begin_alone(self):
        """From now on a fresh profile that nobody had before."""
        self._leave()
        self._enter(self.contexts.new())

    def __exit__(self, kind, *_):
        self.failed |= kind is not None
        if self.failed:
            for i, page in enumerate(self.context.pages):
                try:
                    page.screenshot(path=self.shots / f"failed-{self.name}-{i}.png", timeout=5000)
                except Exception as e:
                    print(f"no screenshot of {page.url}: {e}")
        self._leave()
        self.session.detach()

    def _watch(self, page):
        page.on("framenavigated", lambda f: f.url.startswith("http") and self.origins.add("/".join(f.url.split("/")[:3])))
        page.on("console", lambda m: m.type == "error" and self._fault(f"{page.url}: {m.text} ({m.location.get('url')})"))
        page.on("pageerror", lambda e: self._fault(f"{page.url}: uncaught: {e}"))
        page.on("dialog", self._dialog)

    def _dialog(self, dialog):
        self.alerts.append(dialog.message)
        dialog.dismiss()

    def _fault(self, text):
        for pattern in self.expected:
            if re.search(pattern, text):
                self.expected[pattern] += 1
                return
        self.faults.append(text)

    def expect(self, *patterns, needed=True):
        """Faults that match are no faults in this test, and each pattern has to be met unless needed is False."""
        for p in patterns:
            self.expected[p] = 0 if needed else 1

    def assert_no_faults(self):
        assert not self.faults, "\n".join(self.faults)
        assert not [p for p, n in self.expected.items() if n == 0], f"expected, but did not come: {self.expected}"

    def tab(self, address=None):
        page = self.context.new_page()
        if address:
            page.goto(address)
        return page

    def opens(self, action):
        """The tab that opens by action()."""
        with self.context.expect_page() as info:
            action()
        return info.value

    def permit(self, page, origin, name="loopback-network", setting="granted"):
        """What the person answered, or will have answered, to the browser's question."""
        session = self.context.new_cdp_session(page)
        context = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
        session.detach()
        self.session.send("Browser.setPermission", {"permission": {"name": name}, "setting": setting, "origin": origin,
                                                    "browserContextId": context})

    def shot(self, page, name=None, **kw):
        """A screenshot, kept in the build folder under the test's name."""
        path = self.shots / f"{name or self.name}.png"
        page.screenshot(path=path, **kw)
        return path

    def check_access(self, page):
        """axe-core finds nothing grave on the page as it is now."""
        page.evaluate((venv.folder("axe_playwright_python") / "axe.min.js").read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations)")
        grave = [f"{v['impact']} {v['id']}: {v['help']}\n" + "\n".join(f"    {n['html']}\n    {n['failureSummary']}" for n in v["nodes"])
                 for v in found if v["impact"] in GRAVE]
        assert not grave, f"{page.url}\n" + "\n".join(grave)
