"""Portable recordings as runs of tests, output and compare: as from the store that they came from."""
import pytest

from support import stores

ZIPS = [(s, z) for s in ("retries", "plain", "stress", "output", "failures", "groups", "names")
        for z in sorted((stores.data_dir() / s / "portable").glob("*.zip"))[:2]]


@pytest.fixture(params=ZIPS, ids=[f"{s}/{z.stem[:8]}" for s, z in ZIPS])
def both(request, recordings):
    name, path = request.param
    return recordings / name / "state", path.stem, path


def without_place(doc):
    return {k: v for k, v in doc["run"].items() if k not in ("workspace", "started_at")}


def test_tests(nxctl, both):
    state, run, path = both
    want = nxctl("tests", run, "--attempts", "all", "--json", "--store", state).expect(0).json
    got = nxctl("tests", path, "--attempts", "all", "--json").expect(0).json
    assert got["tests"] == want["tests"] != [] and without_place(got) == without_place(want)
    assert got["run"]["workspace"] is None and got["run"]["on_disk"]
    piped = nxctl("tests", "-", "--attempts", "all", "--json", input=path.read_bytes()).expect(0)
    assert piped.json == got
    assert nxctl("tests", path).expect(0).text.startswith(f"Run {run[:8]} of ")


def test_output(nxctl, both):
    state, run, path = both
    tests = nxctl("tests", path, "--attempts", "all", "--json").expect(0).json["tests"]
    for t in tests[:3] + [t for t in tests if not t["passed"]][:3]:
        words = ["--attempt", str(t["attempt"]), *(["--stress", str(t["stress_index"])] if t["stress_index"] is not None else [])]
        want = nxctl("output", *words, "--store", state, run, "--", t["binary"], t["test"]).expect(0).out
        assert nxctl("output", *words, path, "--", t["binary"], t["test"]).expect(0).out == want
        assert nxctl("output", *words, "-R", path, "--", f"{t['binary']} {t['test']}").expect(0).out == want


def test_compare(nxctl, recordings):
    state = recordings / "retries" / "state"
    path = next((recordings / "retries" / "portable").glob("*.zip"))
    other = next(r["id"] for r in nxctl("list", "--json", "--store", state).expect(0).json["runs"]
                 if r["id"] != path.stem and r["exit_code"] == 100)
    kinds = ("newly_failing", "fixed", "still_failing", "new", "removed")
    for words, portable in (([path.stem, other], [path, other]), ([other, path.stem], [other, path])):
        want = nxctl("compare", *words, "--json", "--store", state).expect(0).json
        got = nxctl("compare", *portable, "--json", "--store", state).expect(0).json
        assert {k: got[k] for k in kinds} == {k: want[k] for k in kinds} and any(got[k] for k in kinds)
        assert [got[s]["id"] for s in ("base", "head")] == words
    same = nxctl("compare", path, path, "--json").expect(0).json
    assert same["base"] == same["head"] and not same["fixed"] and same["still_failing"]


def test_errors(nxctl, recordings, tmp_path):
    r = nxctl("tests", tmp_path / "none.zip").expect(96)
    assert "none.zip" in r.err and "cannot open" in r.err
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 not really")
    for words in (["tests", tmp_path / "bad.zip"], ["output", tmp_path / "bad.zip", "x"],
                  ["compare", tmp_path / "bad.zip", "latest"]):
        r = nxctl(*words).expect(96)
        assert r.err.startswith("error: ") and "bad.zip" in r.err
    z = next((recordings / "plain" / "portable").glob("*.zip"))
    r = nxctl("tests", z, "--index", tmp_path / "index").expect(2)
    assert "a portable recording is in no index" in r.err and "without --index" in r.err
    r = nxctl("output", z, "no_such").expect(96)
    assert "no test `no_such` in run" in r.err
