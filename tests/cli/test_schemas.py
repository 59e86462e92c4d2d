"""--json: answers are what the description of the API says, and the description says what there is."""
import re

import pytest

from support import schemas, stores, tables

STORES = ["plain", "retries", "stress", "failures", "output", "names", "cancelled", "rerun", "variations", "live/2-first-flush",
          "many-runs/before-prune", "two-projects", "formats/versions", "formats/list-garbage", "no-tests", "setup-scripts"]


def check(question, document):
    validator = schemas.validator(question)
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(document)]
    assert not errors, (question, errors[:5])


@pytest.mark.skipif(schemas.validator("RUNS") is None, reason="python3-jsonschema is not installed (scripts/deps check)")
@pytest.mark.parametrize("name", STORES)
def test_answers(nxctl, recordings, name):
    def ask(question, *words, codes=(0, 96)):
        r = nxctl(*words, "--json", "--store", recordings / name / "state", "--all")
        assert r.code in codes, r
        if r.out:
            check(question, r.json)
            return r.json
        return None

    asked = 0
    runs = ask("RUNS", "list")["runs"]
    for question, words in (("FLAKY", ["flaky"]), ("SLOWEST", ["slowest", "--limit", "5"]), ("SEARCH", ["tests", "--search", ""])):
        ask(question, *words)
    tests = (ask("SEARCH", "tests", "--search", "", "--limit", "3") or {"tests": []})["tests"]
    for t in tests:
        asked += ask("HISTORY", "history", t["binary"], t["test"]) is not None
    for run in runs[:4]:
        ask("RUN", "info", run["id"])
        ask("TIMELINE", "timeline", run["id"])
        doc = ask("TESTS", "tests", run["id"], "--attempts", "all")
        for t in (doc or {"tests": []})["tests"][:3]:
            ask("OUTPUT", "output", run["id"], t["binary"], t["test"], codes=(0, 96, 106))
        asked += ask("COMPARE", "compare", run["id"], runs[0]["id"]) is not None
    assert asked or not tests
    for path in sorted((recordings / name / "portable").glob("*.zip"))[:1]:
        check("RUN", nxctl("info", path, "--json").expect(0).json)
        check("TESTS", nxctl("tests", path, "--json").expect(0).json)
        check("TIMELINE", nxctl("timeline", path, "--json").expect(0).json)


def test_every_parameter_has_a_schema():
    asked = {name for q in tables.questions().values() for name, where, _ in q.params} - {"slot", "pretty", "perfetto"}
    assert set(schemas.params()) == asked | {n for p in schemas.live_params().values() for n in p}


def test_every_question_has_a_reply():
    assert set(schemas.replies()) == set(tables.questions())


def test_references_lead_somewhere():
    known, used = schemas.components(), set()

    def walk(s):
        for k, v in s.items() if isinstance(s, dict) else enumerate(s) if isinstance(s, list) else ():
            if k == "$ref":
                assert v.startswith("#/components/schemas/"), v
                used.add(v.rsplit("/", 1)[1])
            walk(v)

    walk(known)
    walk(schemas.replies())
    walk([schema for _, _, _, schema in schemas.live().values()])
    assert used - set(known) == set() and set(known) - used == {"Error", "Event"}


def test_required_members_are_all_members():
    """Members are always there: what has no value is null."""
    def walk(s):
        if isinstance(s, dict):
            if isinstance(s.get("properties"), dict):
                assert s["required"] == list(s["properties"])
            for v in s.values():
                walk(v)
        elif isinstance(s, list):
            for v in s:
                walk(v)

    walk({k: v for k, v in schemas.components().items() if k != "Event"})


def test_words_are_those_of_the_tables():
    text = (tables.TOP / "src/index/outcomes.def").read_text()
    outcomes = re.findall(r'^NX_OUTCOME\(\w+, "([^"]*)"', text, re.M)
    assert schemas.components()["Outcome"]["enum"] == outcomes
    asked = schemas.params()["outcome"]["enum"]
    assert asked[:5] == ["passed", "failed", "flaky", "slow", "running"] and asked[4:] == outcomes
    assert set(schemas.components()["Run"]["properties"]["status"]["enum"]) < set(schemas.params()["status"]["enum"])


def test_parameters_mean_what_their_schemas_say(nxctl, plain):
    """Every word of an enumeration is taken."""
    for name, words in (("sort", []), ("outcome", []), ("attempts", []), ("status", None)):
        for value in schemas.params()[name]["enum"]:
            command = ["list"] if words is None else ["tests"]
            nxctl(*command, f"--{name}", value, "--store", plain.state).expect(0)
    assert stores.data_dir().is_dir()
