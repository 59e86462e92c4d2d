"""Which run a selector means, and what is said where it means none."""
import pytest


@pytest.fixture
def many(store_of):
    return store_of("many-runs/before-prune")


def info(nxctl, store, *selector, **kw):
    return nxctl("info", "--json", "--store", store.state, *selector, **kw)


@pytest.mark.parametrize("selector", [
    "724e12a0-5d69-453c-8457-5e9480c12776",
    "724E12A0-5D69-453C-8457-5E9480C12776",
    "724e12a05d69453c84575e9480c12776",
    "724e12a0-5d69-453c-8457-5e9480c",
    "7-2-4-e-12a0-5d69453c84575e9480c",
])
def test_one_run_in_many_spellings(nxctl, many, selector):
    assert info(nxctl, many, selector).expect(0).json["id"] == "724e12a0-5d69-453c-8457-5e9480c12776"


def test_run_id_option_is_the_same(nxctl, many):
    want = info(nxctl, many, "deadbeef-0001").expect(0).out
    for words in (["-R", "deadbeef-0001"], ["--run-id", "deadbeef-0001"], ["--run-id=deadbeef-0001"],
                  ["-Rdeadbeef-0001"], ["--", "deadbeef-0001"]):
        assert info(nxctl, many, *words).expect(0).out == want, words


def test_latest_includes_incomplete_runs(nxctl, store_of):
    live = store_of("live/2-first-flush")
    r = info(nxctl, live, "latest").expect(0).json
    assert (r["id"], r["status"], r["latest"]) == (live.runs[0]["run-id"], "incomplete", True)


def test_ambiguous_names_candidates(nxctl, many):
    r = info(nxctl, many, "abcd").expect(96)
    assert "error: prefix `abcd` is ambiguous, matches 11 runs:\n" in r.err
    rows = [line for line in r.err.splitlines() if line.startswith("  abcd")]
    assert len(rows) == 8 and "  ... and 3 more runs\n" in r.err
    assert "abcd8841-" in rows[0] and "2026-11-24 10:13:17" in rows[0] and "1 passed" in rows[0], "newest first"
    assert "hint: give more digits" in r.err


def test_ambiguous_to_the_last_digits_shows_what_differs(nxctl, many):
    r = info(nxctl, many, "724e12a0-5d69-453c-8457-5e94").expect(96)
    assert "724e12a0-5d69-453c-8457-5e9480c12776" in r.err and "724e12a0-5d69-453c-8457-5e94800bfa28" in r.err


def test_dashes_alone_match_every_run(nxctl, many):
    assert "prefix `--` is ambiguous, matches 60 runs:" in info(nxctl, many, "--", "--").expect(96).err


@pytest.mark.parametrize("selector", ["fffffff", "724e12a0-5d69-453c-8457-5e9480c127760", "17a4174", "0" * 5000])
def test_unknown(nxctl, many, selector):
    r = info(nxctl, many, selector).expect(96)
    assert f"error: no recorded run found matching `{selector}"[:200] in r.err and "hint: " in r.err
    assert r.out == b""


@pytest.mark.parametrize("selector", ["xyz", "Latest", "", "latest ", "zip", "12\x1b[31m34", "1\u202e2"])
def test_invalid(nxctl, many, selector):
    r = info(nxctl, many, selector).expect(2)
    assert "error: invalid run ID selector `" in r.err
    assert "expected `latest`, hex digits, or a file path (ending in `.zip` or containing path separators)" in r.err
    assert "\x1b" not in r.err and "\u202e" not in r.err, "nothing that moves the cursor reaches the terminal"


def test_paths_are_told_from_ids(nxctl, many):
    for path in ("no/such/path", "no-such.zip", "./abcd", "abcd.ZIP", "/"):
        r = info(nxctl, many, path).expect(96)
        assert "recorded run" not in r.err and path in r.err, r


def test_no_runs(nxctl, tmp_path):
    state = tmp_path / "empty"
    (state / "projects").mkdir(parents=True)
    for words in (["info", "latest"], ["info", "abcd"], ["export"], ["export", "-R", "latest"]):
        r = nxctl(*words, "--store", state).expect(96)
        assert "error: no recorded runs exist\n" in r.err and "NEXTEST_EXPERIMENTAL_RECORD" in r.err and r.out == b""


def test_prefix_of_the_list_selects(nxctl, many):
    """The `prefix` that a run's document gives is enough to name it, and one character less is not."""
    runs = nxctl("list", "--json", "--store", many.state).expect(0).json["runs"]
    assert len(runs) == 60
    for run in runs[::7] + [r for r in runs if len(r["prefix"]) > 8]:
        assert run["id"].startswith(run["prefix"])
        assert info(nxctl, many, run["prefix"]).expect(0).json["id"] == run["id"]
        if len(run["prefix"].rstrip("-")) > 1:
            shorter = run["prefix"][:-1].rstrip("-")
            info(nxctl, many, shorter).expect(96)
