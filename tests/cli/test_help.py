"""Help, version and what is said of a command line that makes no sense."""
import re

import pytest

from support import tables

COMMANDS = tables.commands()
OPTIONS = tables.options()


def test_overview(nxctl):
    for words in (["--help"], ["-h"], ["help"]):
        text = nxctl(*words).expect(0).text
        for c in COMMANDS:
            assert re.search(rf"^  {c}\b", text, re.M), c


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command(nxctl, command):
    texts = {nxctl(*w).expect(0).text for w in ([command, "--help"], ["help", command], ["--help", command], [command, "-h"])}
    assert len(texts) == 1
    text = texts.pop()
    assert f"Usage: nxctl {command}" in text
    for o in OPTIONS:
        assert bool(re.search(rf"--{o.word}(?![a-z-])", text)) == (command in o.commands), o.word
    assert all(len(line) <= 100 for line in text.splitlines()), "fits a terminal"


def test_version(nxctl):
    for words in (["--version"], ["-V"], ["list", "--version"]):
        text = nxctl(*words).expect(0).text
        assert re.match(r"nxctl \d+\.\d+\.\d+\n", text) and "store format 2.1" in text


@pytest.mark.parametrize("words, say", [
    ([], "which command"),
    (["lst"], "did you mean 'list'"),
    (["export-chrome-trace"], "nxctl export"),
    (["frobnicate"], "unknown command 'frobnicate'"),
    (["export", "--grop-by", "slot"], "did you mean '--group-by'"),
    (["list", "--group-by", "slot"], "unknown option '--group-by' for nxctl list"),
    (["list", "x"], "unexpected argument 'x'"),
    (["info"], "needs an argument: RUN"),
    (["info", "a", "b"], "unexpected argument 'b'"),
    (["info", "a", "-R", "b"], "more than one run"),
    (["export", "-o"], "option '--output' needs a value: FILE"),
    (["export", "--group-by", "foo"], "it takes one of: binary slot"),
    (["export", "--group-by="], "it takes one of: binary slot"),
    (["export", "--message-format=xml"], "it takes one of: json json-pretty"),
    (["export", "--strict=1"], "takes no value"),
    (["export", "-x"], "unknown option '-x' for nxctl export"),
    (["list", "--color", "maybe"], "auto always never"),
    (["list", "--store", ""], "--store"),
    (["output", "latest"], "needs arguments: RUN [BINARY] TEST"),
    (["output", "-R", "latest"], "needs arguments: RUN [BINARY] TEST"),
    (["output", "-R", "latest", "a", "b", "c"], "unexpected argument 'c'"),
    (["output", "latest", "a", "--stdout", "--stderr"], "exclude each other"),
    (["output", "latest", "a", "--raw", "--json"], "exclude each other"),
    (["output", "latest", "a", "b", "--attempt", "0"], "`attempt` cannot be `0`"),
    (["history"], "needs an argument: [BINARY] TEST"),
    (["compare"], "needs an argument: BASE [HEAD]"),
    (["tests", "a", "b"], "unexpected argument 'b'"),
    (["tests", "a", "-R", "b"], "more than one run"),
    (["tests", "--search", "x", "latest"], "exclude each other"),
    (["tests", "--search", "x", "--workspace", "y"], "exclude each other"),
    (["tests", "--sort", "size"], "it takes one of: name duration start"),
    (["flaky", "--runs", "none"], "`runs` cannot be `none`"),
    (["list", "--since", "yesterday"], "`since` cannot be `yesterday`"),
    (["list", "--since", "2026-11-24" * 10], "is no time"),
    (["list", "--pruned", "--no-index"], "'--pruned' needs an index"),
    (["flaky", "--index", "x", "--no-index"], "--no-index"),
    (["list", "--status", "good"], "`status` cannot be `good`"),
    (["help", "foo"], "no command 'foo'"),
    (["completion", "tcsh"], "bash, zsh and fish"),
])
def test_usage_errors(nxctl, words, say):
    r = nxctl(*words).expect(2)
    assert r.err.startswith("error: ") and ("hint: " in r.err or words[:2] == ["list", "--store"] or "no time" in r.err), r
    assert say in r.err and r.out == b"", r


GOOD = {"status": "passed", "since": "3w", "until": "2199-01-01", "outcome": "slow", "attempt": "1", "stress": "0", "runs": "5",
        "limit": "7"}
ARGUMENTS = {"list": [], "info": ["latest"], "export": ["latest"], "tests": ["latest"], "flaky": [], "slowest": [],
             "history": ["tests::cedar"], "output": ["latest", "tests::cedar"], "compare": ["latest", "latest"]}


@pytest.mark.parametrize("command", ARGUMENTS)
def test_every_option_of_a_command_is_taken(nxctl, plain, command):
    needed = ARGUMENTS[command]
    for o in OPTIONS:
        if command not in o.commands or o.word in ("workspace", "output", "run-id", "index", "search", "after", "pruned"):
            continue
        value = [o.values[0]] if o.values else [plain.state] if o.word in ("store", "kept") else [] if not o.arg \
            else [GOOD.get(o.word, "x")]
        for spelling in ([f"--{o.word}", *value], [f"--{o.word}={value[0]}"] if value else [f"--{o.word}"],
                         [f"-{o.c}", *value] if o.c else []):
            if spelling:
                store = [] if o.word == "store" else ["--store", plain.state]
                nxctl(command, *store, *spelling, *needed).expect(0)
                nxctl(*spelling, command, *needed, *store).expect(0)


def test_short_options_together(nxctl, plain, tmp_path):
    nxctl("export", f"-qo{tmp_path}/t.json", "--store", plain.state).expect(0)
    assert (tmp_path / "t.json").exists()
