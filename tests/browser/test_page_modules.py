"""The page's modules, called as the page calls them."""
import json
import re

import pytest


@pytest.fixture
def call(start, recordings, visit):
    """call("ansi", "(m) => m.lines('x')") -> what it returns, of the module as it is served"""
    d = start("--store", recordings / "two-projects" / "state")
    page = visit.tab(d.page)

    def run(module, code):
        return page.evaluate(f"() => import('/www/{module}.js').then({code})")

    run.daemon = d
    return run


def lines(call, text):
    """[[(text, what is set of its style)]]"""
    got = call("ansi", f"(m) => m.lines({json.dumps(text)})")
    return [[(p["text"], {k: v for k, v in (p["style"] or {}).items() if v not in (None, False)}) for p in line] for line in got]


TERMINAL = [
    ("a\nb\r\nc", [[("a", {})], [("b", {})], [("c", {})]]),
    ("\x1b[31mred\x1b[0m plain", [[("red", {"fg": 1}), (" plain", {})]]),
    ("\x1b[1;4;92mx\x1b[22;24my", [[("x", {"fg": 10, "bold": True, "under": True}), ("y", {"fg": 10})]]),
    ("\x1b[38;5;208mo\x1b[48;2;1;2;3mp", [[("o", {"fg": "rgb(255 135 0)"}), ("p", {"fg": "rgb(255 135 0)", "bg": "rgb(1 2 3)"})]]),
    ("\x1b[38;2;999;0;0mx\x1b[38;5;400my", [[("x", {}), ("y", {})]]),
    ("\x1b[mx\x1b[38my\x1b[777mz", [[("x", {}), ("y", {}), ("z", {})]]),
    ("a\x1b[2Kb\x1b[10;20Hc\x1b[?25ld", [[("a", {}), ("b", {}), ("c", {}), ("d", {})]]),
    ("\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x1b\\", [[("link", {})]]),
    ("\x1b]0;title without an end", []),
    ("10 %\r20 %\r\ndone", [[("20 %", {})], [("done", {})]]),
    ("bell\x07 and \x1b", [[("bell", {}), ("␇", {}), (" and ", {})]]),
    ("<b>no markup</b>", [[("<b>no markup</b>", {})]]),
]


def test_terminal(call):
    for text, want in TERMINAL:
        assert lines(call, text) == want, text


DURATIONS = [(None, "–"), (0, "0 s"), (0.0000042, "4 µs"), (0.0042, "4.2 ms"), (0.42, "420 ms"), (4.2, "4.20 s"), (42, "42.0 s"),
             (125, "2 m 05 s"), (3725, "1 h 02 m")]


def test_durations(call):
    for secs, want in DURATIONS:
        assert call("format", f"(m) => m.duration({json.dumps(secs)})") == want


def test_what_cannot_be_seen_is_shown(call):
    assert call("format", r"(m) => m.visible('a\u202eb\u0000c\u200bd\nz')") == r"a\u{202e}b\u{0}c\u{200b}d\u{a}z"


def test_command_lines(call):
    args = '["/usr/bin/cargo-nextest", "nextest", "run", "-E", "test(=it\'s)", "a b"]'
    assert call("format", f"(m) => m.commandLine({args})") == r"cargo nextest run -E 'test(=it'\''s)' 'a b'"
    assert call("format", f"(m) => m.askedFor({args})") == r"-E 'test(=it'\''s)' 'a b'"


def test_profile_that_was_asked_for(call):
    for args, want in [(["run", "-P", "ci"], "ci"), (["run", "--profile=x y"], "x y"), (["run", "-Pci"], "ci"), (["run", "--profile", "a"], "a"),
                       (["run", "--", "-P", "no"], None), (["run", "-P"], None), (["run", "--cargo-profile", "odd"], None)]:
        assert call("format", f"(m) => m.profileOf({json.dumps(args)})") == want, args


def test_title_is_the_daemons(call):
    """The last part of a trace's address is the name that the daemon gives to downloads."""
    for run in call.daemon.get("/api/v1/runs").json["runs"]:
        title = call("handover", f"(m) => m.titleOf({json.dumps(run)})")
        header = call.daemon.get(f"/traces/{run['id']}.json").header("Content-Disposition")
        assert re.search(r'filename="?([^";]+)', header).group(1) == f"{title}.json"


def test_times_keep_their_microseconds(call):
    assert call("handover", "(m) => m.micros('2026-11-24T20:11:52.207016366+11:00')") == 1795511512207016
    assert call("handover", "(m) => m.micros('2026-11-24T09:11:52Z')") == 1795511512000000


LANES = """(m) => {
  const e = (test, attempt, slot, start, end, passed, last) => ({test, attempt, slot, start, end, passed, running: false, last, slow: false, stress: null, outcome: passed ? 'pass' : 'fail'});
  const l = new m.Lanes({tests: [{binary: 'b', test: 'x'}, {binary: 'b', test: 'y'}], scripts: [], pauses: [], slots: 2, wall: 100,
    executions: [e(0, 1, 0, 0, 10, false, false), e(1, 1, 1, 0, 40, true, true), e(0, 2, 0, 12, 20, true, true)]});
  return %s;
}"""


ASKED = [
    ("[l.next[0], l.before[2], l.next[1]]", [2, 0, -1]), ("[...l.look].map((k) => m.LOOKS[k])", ["retried", "pass", "flaky"]),
    ("[l.at(0, 5), l.at(0, 11), l.at(0, 10.4, 1.5), l.at(1, 39), l.at(1, 50), l.at(7, 1)]", [0, -1, 0, 1, -1, -1]),
    ("[l.beside(0, 1), l.beside(2, 1), l.beside(0, -1), l.across(2, 1), l.across(1, 1)]", [2, 2, 0, 1, 1]),
    ("[l.find('b', 'x'), l.find('b', 'z')]", [2, -1]), ("[...l.load.level]", [1, 2, 1, 2, 1, 0]), ("l.wall", 100)]


def test_lanes(call):
    for ask, want in ASKED:
        assert call("lanes", LANES % ask) == want, ask


def test_elements_take_no_markup(call):
    made = call("dom", "(m) => { const p = m.h('p', {title: '<b>'}, '<b>x</b>'); return [p.title, p.textContent, p.childElementCount]; }")
    assert made == ["<b>", "<b>x</b>", 0]
    for bad in ("{onclick: 'x'}", "{style: 'x'}", "{srcdoc: 'x'}", "{href: 'javascript:alert(1)'}", "{href: 'data:text/html,x'}"):
        assert call("dom", f"(m) => {{ try {{ m.h('a', {bad}); return false; }} catch {{ return true; }} }}"), bad
