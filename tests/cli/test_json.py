"""--json: the documents of doc/API.md."""
import json
import re
import uuid

import pytest

from support import expected, schemas, stores, tables

ENTRY = ["id", "prefix", "workspace", "latest", "nextest_version", "store_format", "started_at", "last_written_at",
         "duration_secs", "status", "status_text", "counts", "exit_code", "cli_args", "parent_run_id", "sizes", "files",
         "on_disk", "kept", "problem"]
WHOLE = ENTRY + ["build_scope_args", "env", "children"]


def raw_runs(store):
    try:
        for d in stores.runs_dirs(store / "state").values():
            yield from stores.read_list(d).get("runs", [])
    except (ValueError, AttributeError, OSError):
        return  # a list made unreadable on purpose; what nxctl says of it is tested elsewhere


@pytest.mark.parametrize("store", **expected.named_stores())
def test_list_is_info_cut_short(nxctl, store):
    r = nxctl("list", "--json", "--all", "--store", store / "state")
    assert r.out.endswith(b"\n") and r.out.count(b"\n") == 1
    doc = r.json
    assert list(doc) == ["runs", "next", "problems"] and doc["next"] is None
    assert (r.code == 0) == (not doc["problems"])
    for run in doc["runs"][:40]:
        assert list(run) == ENTRY
        info = nxctl("info", "--json", run["id"], "--workspace", run["workspace"]["name"], "--store", store / "state")
        if info.code == 96 and "ambiguous" in info.err:
            continue  # a list that names an id twice
        whole = info.expect(0).json
        assert list(whole) == WHOLE
        assert {k: whole[k] for k in ENTRY} == run


def normal(run_id):
    return str(uuid.UUID(run_id)) if len(run_id) > 30 else run_id


@pytest.mark.parametrize("store", **expected.named_stores())
def test_members_say_what_the_list_says(nxctl, store):
    doc = nxctl("list", "--json", "--all", "--store", store / "state").json
    ours = {run["id"]: run for run in doc["runs"]}
    for raw in raw_runs(store):
        run = ours.get(normal(raw.get("run-id", "")))
        if run is None:
            assert doc["problems"], raw
            continue
        status = raw["status"]
        assert run["nextest_version"] == raw["nextest-version"]
        assert run["cli_args"] == raw.get("cli-args", [])
        assert run["duration_secs"] == raw.get("duration-secs")
        assert run["parent_run_id"] == raw.get("parent-run-id")
        assert run["sizes"] == raw["sizes"]
        assert run["store_format"] == f"{raw['store-format-version']}.{raw.get('store-format-minor-version', 0)}"
        assert run["status_text"] == status["status"]
        assert run["status"] == status["status"] or run["status"] == "unknown"
        assert run["exit_code"] == (status.get("exit-code") if run["counts"] else None)
        if run["counts"] and run["counts"]["unit"] == "tests":
            want = (status["initial-run-count"], status["passed"], status["failed"])
            assert (run["counts"]["initial"], run["counts"]["passed"], run["counts"]["failed"]) == want
        folder = next(d for d in stores.runs_dirs(store / "state").values() if d.parent.parent.name == run["workspace"]["name"])
        assert run["files"] == {"log": (folder / run["id"] / "run.log.zst").exists(),
                                "store": (folder / run["id"] / "store.zip").exists()}


def test_family(nxctl, recordings):
    state = recordings / "rerun" / "state"
    runs = nxctl("list", "--json", "--store", state).expect(0).json["runs"]
    parents = {r["id"]: r["parent_run_id"] for r in runs}
    assert any(parents.values())
    for r in runs:
        children = nxctl("info", "--json", r["id"], "--store", state).expect(0).json["children"]
        assert sorted(children) == sorted(i for i, p in parents.items() if p == r["id"])
        assert children == [x["id"] for x in runs if x["id"] in children], "newest first"


def test_newest_first_with_offsets(nxctl, recordings):
    """Starts are ordered as points in time, whatever offset they are written in."""
    from datetime import datetime
    runs = nxctl("list", "--json", "--store", recordings / "many-runs/before-prune/state").expect(0).json["runs"]
    times = [datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", r["started_at"]).replace("Z", "+00:00"))
             for r in runs]
    assert times == sorted(times, reverse=True) and len({t.utcoffset() for t in times}) > 1


def test_obstacles(nxctl, recordings):
    state = recordings / "formats/versions/state"
    runs = nxctl("list", "--json", "--store", state).expect(0).json["runs"]
    by_format = {r["store_format"]: r["problem"] for r in runs}
    assert "major version 1" in by_format["1.0"] and by_format["2.1"] is None
    missing = nxctl("info", "--json", "5985f7c2", "--store", recordings / "many-runs/before-prune/state").expect(0)
    assert missing.json["problem"] == "run.log.zst is missing" and missing.json["files"] == {"log": False, "store": True}


def test_portable(nxctl, recordings):
    folder = recordings / "plain"
    zip_file = sorted((folder / "portable").glob("*.zip"))[0]
    from_zip = nxctl("info", "--json", zip_file).expect(0).json
    from_store = nxctl("info", "--json", zip_file.stem, "--store", folder / "state").expect(0).json
    assert list(from_zip) == WHOLE and from_zip["workspace"] is None and from_zip["prefix"] is None
    for k in WHOLE:
        if k not in ("workspace", "prefix", "latest", "children", "last_written_at"):
            assert from_zip[k] == from_store[k], k


def test_unusual_strings_survive(nxctl, recordings, tmp_path, copy_state):
    state = copy_state("plain")
    d = next(iter(stores.runs_dirs(state).values()))
    doc = stores.read_list(d)
    text = "a\u0001\u001b[31m\"\\\u2028\u202e\U0001f980é\n"
    doc["runs"][0]["cli-args"] = ["x", text]
    doc["runs"][0]["env-vars"] = {text: text}
    stores.write_list(d, doc)
    run = nxctl("info", "--json", doc["runs"][0]["run-id"], "--store", state).expect(0).json
    assert run["cli_args"] == ["x", text] and run["env"] == [{"name": text, "value": text}]
    shown = nxctl("info", doc["runs"][0]["run-id"], "--store", state).expect(0).text
    assert "\x1b" not in shown and "\u202e" not in shown and "\\u{1b}[31m" in shown


def test_the_documentation_names_every_member(source_dir):
    text = (source_dir / "doc/API.md").read_text()
    members = set(schemas.members(schemas.components()))
    assert len(members) > 90 and set(WHOLE) <= members
    live = set(schemas.members([schemas.components()[n] for n in ("Running", "Event", "Server")]))
    http = (source_dir / "doc/HTTP.md").read_text()
    for member in members:
        assert f"`{member}`" in text or member in live and re.search(rf'[`"]{member}[`"]', http), member


def test_the_documentation_names_every_parameter(source_dir):
    text = (source_dir / "doc/API.md").read_text()
    for q in tables.questions().values():
        for name, where, _ in q.params:
            if where == "QUERY":
                assert f"`{name}`" in text, (q.word, name)


def test_the_documentation_has_the_tables(source_dir):
    text = (source_dir / "doc/API.md").read_text()
    for code, (http, status) in tables.errors().items():
        assert f"| `{code}` | {http} | {status} |" in text
    for q in tables.questions().values():
        command = f"`nxctl {q.command}" if q.command else ""
        assert re.search(rf"^\| {q.word} \| `{re.escape(q.route)}` \| {re.escape(command)}", text, re.M), q.word


def test_documented_examples_are_real(nxctl, source_dir, recordings):
    """The examples in doc/API.md are answers to the recordings in tests/data."""
    text = (source_dir / "doc/API.md").read_text()
    examples = re.findall(r"```json nxctl (.*?)\n(.*?)```", text, re.S)
    assert examples
    for words, body in examples:
        r = nxctl(*(w.replace("DATA", str(recordings)) for w in words.split()))
        assert r.json == json.loads(body), words
