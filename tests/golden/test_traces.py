"""Every recording under tests/data, exported by nxctl, against what cargo-nextest printed for it.

Three sources of cases, all from the index.json files: the commands that were asked (selectors, options, exit codes and
standard error included), the traces of each run by its id, and those of the portable recordings. Output is compared byte
for byte with the kept file, or by its SHA-256. Where nextest failed, `--strict` has to fail with the same exit code
and name the same thing.
"""
import hashlib
import os
import re
from pathlib import Path

import pytest

from support import env as env_support
from support import stores as store_support
from support.run import Tool

# As many as there are now: a lost recording or index must not go unnoticed.
LEAST_TRACES = 882
LEAST_FAILURES = 295

FORMS = {
    "binary.json": ["--group-by", "binary"],
    "slot.json": ["--group-by", "slot"],
    "binary.pretty.json": ["--message-format", "json-pretty"],
    "slot.pretty.json": ["--group-by", "slot", "--message-format", "json-pretty"],
}


class Case:
    """One export: the arguments, where it is asked, and what has to come out."""

    def __init__(self, store, args, workspace, exit, stdout=None, sha256=None, stderr=None, cwd=None):
        self.store, self.args, self.workspace, self.exit = store, args, workspace, exit
        self.stdout, self.sha256, self.stderr, self.cwd = stdout, sha256, stderr, cwd

    @property
    def name(self):
        return f"{store_support.store_name(self.store)}: {' '.join(self.args)}"


def command_cases(store, index):
    expected = store / "expected"
    for c in index["commands"]:
        if c["argv"][2:4] != ["store", "export-chrome-trace"] or "note" in c:
            continue
        zips = c["cwd"] == "/src/zips"
        yield Case(store, c["argv"][4:], None if zips else c["cwd"], c["exit"],
                   stdout=expected / c["stdout"] if c.get("stdout") else None, sha256=c.get("stdout_sha256"),
                   stderr=expected / c["stderr"] if c.get("stderr") else None, cwd=store / "zips" if zips else None)


def run_cases(store, index):
    for run in index["runs"]:
        for form, trace in run.get("traces", {}).items():
            yield Case(store, [run["run_id"], *FORMS[form]], run["cwd"], trace["exit"], sha256=trace["sha256"])


def portable_cases(store, index):
    for run in index["runs"]:
        portable = run.get("portable") or {}
        if not portable.get("file"):
            continue
        for form, trace in portable["traces"].items():
            if trace.get("same_as_store"):
                trace = {**trace, "sha256": run["traces"][form]["sha256"]}
            yield Case(store, [str(store / portable["file"]), *FORMS[form]], None, trace["exit"], sha256=trace.get("sha256"))


def canonical(args):
    """Arguments in one spelling, so that a command and a run's trace that ask the same are asked once."""
    options = {"--group-by": "binary", "--message-format": "json"}
    rest, todo = [], list(args)
    while todo:
        a = todo.pop(0)
        if a in options:
            options[a] = todo.pop(0)
        else:
            rest.append(a)
    return tuple(rest), options["--group-by"], options["--message-format"]


def all_cases():
    cases = {}
    for expected in sorted(store_support.data_dir().rglob("expected/index.json")):
        store, index = expected.parent.parent, store_support.index(expected.parent)
        for source in (command_cases, run_cases, portable_cases):
            for case in source(store, index):
                key = (store, case.workspace, case.cwd, canonical(case.args))
                if key in cases:
                    assert cases[key].exit == case.exit and (cases[key].sha256 or None) == (case.sha256 or None), case.name
                    continue
                cases[key] = case
    return list(cases.values())


CASES = all_cases()
done = {"traces": 0, "failures": 0}


@pytest.fixture(scope="module")
def export(nxctl_path, tmp_path_factory):
    """Runs nxctl export; one private world for all, because nothing is written there."""
    world = tmp_path_factory.mktemp("world")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    tool = Tool(nxctl_path, env_support.private(world), elsewhere)

    def run(case, *options):
        # The arguments come last and as they were asked, "--" and all.
        where = ["--store", str(case.store / "state")] if (case.store / "state").is_dir() else []
        where += ["--workspace", case.workspace] if case.workspace else []
        return tool("export", *options, *where, *case.args, cwd=case.cwd)

    return run


@pytest.mark.parametrize("case", [c for c in CASES if c.exit == 0], ids=lambda c: c.name)
def test_trace(case, export):
    result = export(case, "--strict")
    assert result.code == 0, str(result)
    if case.stdout is not None:
        want = case.stdout.read_bytes()
        assert result.out == want, difference(result.out, want)
    else:
        assert hashlib.sha256(result.out).hexdigest() == case.sha256, f"{len(result.out)} bytes: {result.out[:400]!r}"
    done["traces"] += 1


@pytest.mark.parametrize("case", [c for c in CASES if c.exit != 0], ids=lambda c: c.name)
def test_refusal(case, export):
    result = export(case, "--strict")
    assert result.code == case.exit, f"nextest's exit code is {case.exit}\n{result}"
    if "-" in case.args:
        assert "standard input" in result.err, str(result)  # nextest takes it for a prefix
    elif case.stderr is not None:
        said = case.stderr.read_text()
        missing = [words for words in telling_words(said) if not any(w.lower() in result.err.lower() for w in words)]
        assert not missing, f"standard error lacks {missing}\n{result}\n--- nextest\n{said}"
    else:
        assert result.err.strip(), str(result)
    done["failures"] += 1


def telling_words(said):
    """What nextest's message tells, as [alternatives]; one of each has to be in ours."""
    words = []
    if "incomplete frame" in said:
        words.append(["incomplete frame", "inside a frame"])
    if m := re.search(r"error parsing event at line (\d+)", said):
        words.append([f"line {m.group(1)}"])
    elif m := re.search(r"error reading line (\d+) from run log", said):
        words.append([f"line {m.group(1)}", "run.log.zst"])
    for m in re.finditer(r"(?:missing field|unknown variant) `([^`]+)`", said):
        words.append([m.group(1)])
    if "error deserializing run list" in said:
        words.append(["runs.json.zst"])
    if m := re.search(r"required file `([^`]+)` missing", said):
        words.append([m.group(1)])
    if m := re.search(r"failed to (?:read|parse manifest from) archive at `([^`]+)`", said):
        words.append([m.group(1)])
    if m := re.search(r"event for test `([^`]+)` in binary `([^`]+)`", said):
        words += [[m.group(1)], [m.group(2)]]
    if m := re.search(r"run ([0-9a-f-]{36}) has incompatible store format", said):
        words.append([m.group(1)])
    if "use nextest <= 0.9.130" in said:
        words.append(["0.9.130"])
    if m := re.search(r"only supports version|newer than supported", said):
        words.append(["newer", "upgrade"])
    if m := re.search(r"no recorded run found matching `([^`]*)`", said):
        words += [[m.group(1), "no recorded runs exist"], ["no recorded run"]]
    if m := re.search(r"is ambiguous, matches (\d+) runs", said):
        # Which eight of them it names, in which order, is nextest's own secret; ours are the newest.
        words += [["ambiguous"], [f"{m.group(1)} runs"]]
    if "no recorded runs exist" in said:
        words.append(["no recorded run"])
    if m := re.search(r"invalid run ID selector `([^`]*)`", said):
        words += [["latest"], [m.group(1) or "empty", "``"]]
    return words


def difference(have, want):
    at = len(os.path.commonprefix([have, want]))
    return (f"differs at byte {at} (have {len(have)} bytes, want {len(want)})\n"
            f"  have ...{have[max(0, at - 120):at + 120]!r}\n  want ...{want[max(0, at - 120):at + 120]!r}")


def test_enough_was_compared(request):
    asked = {"traces": sum(i.function is test_trace for i in request.session.items),
             "failures": sum(i.function is test_refusal for i in request.session.items)}
    everything = {"traces": sum(c.exit == 0 for c in CASES), "failures": sum(c.exit != 0 for c in CASES)}
    assert everything["traces"] >= LEAST_TRACES and everything["failures"] >= LEAST_FAILURES, everything
    if asked != everything:
        pytest.skip("only a part of the cases was asked for")
    assert done == everything, f"done {done}, asked for {everything}"
