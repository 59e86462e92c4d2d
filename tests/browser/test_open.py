"""nxctl open: by a browser that is a script, and by the real one."""
import http.client
import json
import os
import re
import signal
import socket
import urllib.parse

import pytest

from support import stores
from support.daemon import Daemon, eventually
from support.run import Running

USUAL = "http://127.0.0.1:9001/"


@pytest.fixture
def state(recordings):
    return recordings / "retries" / "state"


@pytest.fixture
def latest(state):
    (runs_dir,) = stores.runs_dirs(state).values()
    return max(stores.read_list(runs_dir)["runs"], key=lambda r: r["started-at"])["run-id"]


@pytest.fixture
def browser_script(tmp_path):
    """A $BROWSER that keeps the address that it was given: call it to read that."""
    kept, script = tmp_path / "opened", tmp_path / "a browser"
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{kept}.new"\nmv "{kept}.new" "{kept}"\n')
    script.chmod(0o755)

    class Script:
        command = f"'{script}'"

        def address(self):
            return eventually(lambda: kept.exists() and kept.read_text(), "the browser was started")

        def untouched(self):
            return not kept.exists()

    return Script()


@pytest.fixture
def opening(network, nxctl_path, clean_env, empty_dir, state):
    """opening("--slot", BROWSER=...) -> a running nxctl open, ended by the test's end."""
    started = []

    def run(*words, where=("--store", str(state), "--all"), **env):
        r = Running([nxctl_path, "open", *where, *words], {**clean_env, **env}, empty_dir)
        started.append(r.__enter__())
        return r

    yield run
    for r in started:
        r.__exit__(None, None, None)


def fetch(address, **headers):
    u = urllib.parse.urlsplit(address)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=60)
    c.request("GET", f"{u.path}?{u.query}".rstrip("?"), headers=headers)
    r = c.getresponse()
    body = r.read()
    c.close()
    return r.status, body


def trace_of(link):
    """The trace's address in a link to Perfetto."""
    start = "https://ui.perfetto.dev/#!/?url="
    assert link.startswith(start)
    return urllib.parse.unquote(link.removeprefix(start))


@pytest.mark.parametrize("words, form", [([], ""), (["--group-by", "slot"], ".slot")])
def test_without_a_daemon(opening, browser_script, nxctl, state, latest, words, form):
    """The run is served at the usual address until it has been fetched, and the link opens it."""
    o = opening(*words, BROWSER=browser_script.command)
    trace = trace_of(browser_script.address())
    assert re.fullmatch(re.escape(f"{USUAL}traces/{latest}/") + rf"[\w.-]+-{latest[:8]}{re.escape(form)}\.perfetto\.json", trace)
    assert fetch(f"{USUAL}status")[0] == 404  # looking about does not end it
    assert fetch(f"{USUAL}traces/no-such-run.json")[0] == 400
    status, body = fetch(trace, Origin="https://ui.perfetto.dev")
    assert status == 200
    assert o.wait() == 0, o.report()
    assert body == nxctl("export", latest, "--for-perfetto", "--store", state, "--all", *words).expect(0).out
    assert o.text["stdout"] == b""
    with pytest.raises(ConnectionRefusedError):
        fetch(USUAL)


def test_port_taken(opening, browser_script, start, recordings, latest):
    """Somebody else has port 9001, with other runs: a free port, and there the page that hands the trace over."""
    start("--store", recordings / "plain" / "state", listen="127.0.0.1:9001")
    o = opening("--group-by=slot", BROWSER=browser_script.command)
    address = browser_script.address()
    assert re.fullmatch(rf"http://127\.0\.0\.1:\d+/open/{latest}\?slot", address) and not address.startswith(USUAL)
    assert b"<html" in fetch(address)[1]
    assert fetch(address.replace("/open/", "/traces/").removesuffix("?slot") + ".slot.json")[0] == 200
    assert o.wait() == 0, o.report()


def test_daemon_at_the_usual_address(opening, browser_script, usual, state, latest):
    d = usual("--store", state)
    o = opening(BROWSER=browser_script.command)
    assert o.wait() == 0, o.report()
    assert browser_script.address() == f"{USUAL}open/{latest}"
    assert d.get("/healthz").status == 200


@pytest.mark.parametrize("slash", ["", "/"])
def test_named_server(opening, browser_script, start, recordings, latest, state, slash):
    """It says what the selector means, and nothing is looked at here."""
    d = start("--store", state)
    o = opening("--server", d.page.rstrip("/") + slash, "--test", "a::b some test & more", where=(), BROWSER=browser_script.command)
    assert o.wait() == 0, o.report()
    assert browser_script.address() == f"{d.page}open/{latest}?binary=a%3A%3Ab&test=some%20test%20%26%20more"


@pytest.mark.parametrize("words, code, what", [
    (["--server", "http://127.0.0.1:1"], 96, "cannot reach nxtraced"),
    (["--server", "ftp://x"], 2, "no daemon's address"),
    (["--server", "http://127.0.0.1:1", "--test", "alone"], 2, "needs a binary"),
    (["ffffffff"], 96, "no recorded run found"),
    (["--test", "no such test anywhere"], 96, "no such test anywhere"),
    (["some/recording.zip"], 2, "nxctl export"),
    (["one", "two"], 2, "unexpected argument"),
])
def test_refused(opening, browser_script, words, code, what):
    o = opening(*words, BROWSER=browser_script.command)
    assert o.wait() == code, o.report()
    assert what in o.text["stderr"].decode()
    assert browser_script.untouched()


def test_test_is_found(opening, browser_script, usual, recordings, nxctl, state, latest):
    """Its name alone does, where only one binary has it; the daemon's page gets both."""
    usual("--store", state)
    test = nxctl("tests", latest, "--json", "--store", state, "--all").expect(0).json["tests"][0]
    o = opening("--test", test["test"], BROWSER=browser_script.command)
    assert o.wait() == 0, o.report()
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(browser_script.address()).query)
    assert (query["binary"], query["test"]) == ([test["binary"]], [test["test"]])


@pytest.mark.parametrize("browser", [None, "", "/no/such/browser", "false:exit 3"])
def test_no_browser(opening, browser):
    """The address is printed, and served all the same."""
    o = opening(**({} if browser is None else {"BROWSER": browser}))
    o.wait_for("stderr", "no browser")
    assert fetch(trace_of(o.line().strip()))[0] == 200
    assert o.wait() == 0, o.report()


def test_print(opening, browser_script):
    o = opening("--print", BROWSER=browser_script.command)
    assert fetch(trace_of(o.line().strip()))[0] == 200
    assert o.wait() == 0, o.report()
    assert browser_script.untouched()


def test_browser_list(opening, browser_script):
    """The first that works; %s is where the address goes."""
    o = opening(BROWSER=f"false:no-such-program:{browser_script.command} %s %%:false")
    assert fetch(trace_of(browser_script.address()))[0] == 200
    assert o.wait() == 0, o.report()


def test_browser_that_stays(opening, browser_script, tmp_path):
    """A browser that is started here and runs on is not waited for, and not ended with nxctl."""
    pid, gate = tmp_path / "pid", tmp_path / "gate"
    os.mkfifo(gate)
    command = f"sh -c 'echo $$ > {pid}; {browser_script.command.strip(chr(39)).replace(' ', '?')} \"$1\"; read x < {gate}' sh"
    o = opening(BROWSER=command)
    assert fetch(trace_of(browser_script.address()))[0] == 200
    assert o.wait() == 0, o.report()
    with open(gate, "w"):  # somebody reads: it is there
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("name", ["retries", "stress", "paused", "live/2-first-flush", "setup-scripts"])
def test_where_a_test_is(opening, nxctl, recordings, name):
    """What the link selects is where the trace has the last slice that an attempt of the test began with."""
    where = ("--store", str(recordings / name / "state"), "--all")
    runs = [r["id"] for r in nxctl("list", "--json", *where).expect(0).json["runs"]]
    run, test = next((r, t[-1]) for r in runs if (t := nxctl("tests", r, "--sort", "start", "--json", *where).expect(0).json["tests"]))
    o = opening(run, "--print", "--test", f"{test['binary']} {test['test']}", where=where)
    url, *arguments = o.line().strip().removeprefix("https://ui.perfetto.dev/#!/?url=").split("&")
    given = {k: int(v) for k, _, v in (a.partition("=") for a in arguments)}
    events = json.loads(fetch(urllib.parse.unquote(url))[1])["traceEvents"]
    assert o.wait() == 0, o.report()
    starts = [int(e["ts"]) * 1000 for e in events if e["ph"] == "B" and "command_line" in e.get("args", {})
              and (e["args"]["binary_id"], e["args"]["test_name"]) == (test["binary"], test["test"])]
    assert given["ts"] == starts[-1]
    assert given["visStart"] < given["ts"] < given["visEnd"]


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended(opening, browser_script, sig):
    """Nothing is left behind, and a shell learns of the signal."""
    o = opening(BROWSER=browser_script.command)
    trace_of(browser_script.address())
    if sig != signal.SIGKILL:
        o.wait_for("stderr", "serving")
    o.process.send_signal(sig)
    assert o.wait(killed_by=(sig,)) == -sig, o.report()

    def gone():
        try:
            fetch(f"{USUAL}healthz")
        except ConnectionError:
            return True

    eventually(gone, "nxtraced has ended")


def test_ended_server(opening, browser_script):
    """nxtraced is ended by somebody else: that is no success."""
    o = opening(BROWSER=browser_script.command)
    trace_of(browser_script.address())
    o.wait_for("stderr", "serving")
    (child,) = (int(p) for p in open(f"/proc/{o.process.pid}/task/{o.process.pid}/children").read().split())
    os.kill(child, signal.SIGTERM)
    assert o.wait() == 96
    assert "before the trace was fetched" in o.text["stderr"].decode()


def test_usual_address_is_no_daemon(opening, browser_script, network):
    """Something there takes connections and says nothing, or no HTTP: it is no daemon, and we go elsewhere."""
    with socket.create_server(("127.0.0.1", 9001)) as s:
        o = opening(BROWSER=browser_script.command)
        c, _ = s.accept()
        c.recv(1000)
        c.sendall(b"SSH-2.0-x\r\n")
        c.close()
        address = browser_script.address()
        assert "/open/" in address and not address.startswith(USUAL)
    assert o.stop(signal.SIGKILL) == -signal.SIGKILL


# --- the real browser ---

GONE = r"ERR_CONNECTION_REFUSED.*/api/v1/events"  # the page misses nxtraced, which has done what it was there for


def count(state, nxctl, run):
    return len(nxctl("tests", run, "--attempts", "all", "--json", "--store", state, "--all").expect(0).json["tests"])


def test_real_link(opening, browser_script, perfetto, nxctl, state, latest):
    """The link alone shows the run, and that ends nxctl."""
    o = opening(BROWSER=browser_script.command)
    ui = perfetto.open_link(browser_script.address()).wait()
    assert o.wait() == 0, o.report()
    assert ui.value("SELECT count(*) FROM slice WHERE category = 'test' AND dur > 0") == count(state, nxctl, latest)


def test_real_page(opening, browser_script, perfetto, visit, start, recordings, nxctl, state, latest):
    """The page of an nxtraced that was started for it: one click."""
    start("--store", recordings / "plain" / "state", listen="127.0.0.1:9001")
    o = opening(BROWSER=browser_script.command)
    visit.expect(GONE, needed=False)
    page = visit.tab(browser_script.address())
    ui = perfetto.handed(page.get_by_role("button", name="Open in Perfetto").click).wait()
    assert o.wait() == 0, o.report()
    assert ui.value("SELECT count(*) FROM slice WHERE category = 'test' AND dur > 0") == count(state, nxctl, latest)


RETRIES = "a0a7f8f3"


def newest_attempt(nxctl, state):
    tests = nxctl("tests", RETRIES, "--json", "--store", state, "--all").expect(0).json["tests"]
    return max(tests, key=lambda t: t["attempt"])


def check_selected(ui, test):
    found = ui.query(f"SELECT name, EXTRACT_ARG(arg_set_id, 'args.attempt') FROM slice WHERE id = {ui.selected_id()}")
    assert found == [(test["test"], test["attempt"])]


def test_real_link_at_a_test(opening, browser_script, perfetto, nxctl, state):
    """The slice of the attempt that decided is selected."""
    test = newest_attempt(nxctl, state)
    assert test["attempt"] > 1
    o = opening(RETRIES, "--test", f"{test['binary']} {test['test']}", BROWSER=browser_script.command)
    ui = perfetto.open_link(browser_script.address()).wait()
    assert o.wait() == 0, o.report()
    check_selected(ui, test)


def test_real_page_at_a_test(opening, browser_script, perfetto, visit, start, recordings, nxctl, state):
    """... and so it is by the page, of an nxtraced without an index."""
    start("--store", recordings / "plain" / "state", listen="127.0.0.1:9001")
    visit.expect(GONE, needed=False)
    test = newest_attempt(nxctl, state)
    o = opening(RETRIES, "--test", f"{test['binary']} {test['test']}", BROWSER=browser_script.command)
    page = visit.tab(browser_script.address())
    ui = perfetto.handed(page.get_by_role("button", name="Open in Perfetto").click).wait()
    assert o.wait() == 0, o.report()
    check_selected(ui, test)
