"""Which store and which workspace nxctl looks at."""
import os
import shutil

import pytest

from support import stores


@pytest.fixture
def fields(copy_state):
    """A private store of several workspaces."""
    return copy_state("two-projects")


@pytest.fixture
def project(fields, tmp_path):
    """A directory on this machine, and the store in which one of the workspaces was recorded there."""
    d = tmp_path / "proj_x" / "north"
    d.mkdir(parents=True)
    stores.move_workspace(fields, "_ssrc_sfields_snorth", d)
    return d


def ids(r):
    return {run["id"] for run in r.expect(0).json["runs"]}


NORTH = {"980f54a7-b6d5-468c-9002-4a0336099fff", "90240876-6c7f-4f22-bb66-c8202d912eda",
         "e1354d85-619c-488c-86a7-25a7937f5010"}


def all_ids(state):
    return {r["run-id"] for d in stores.runs_dirs(state).values() for r in stores.read_list(d)["runs"]}


def test_current_directory_chooses_the_workspace(nxctl, fields, project):
    assert ids(nxctl("list", "--json", "--store", fields, cwd=project)) == NORTH


def test_a_folder_in_the_workspace_chooses_it(nxctl, fields, project):
    deep = project / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert ids(nxctl("list", "--json", "--store", fields, cwd=deep)) == NORTH


def test_a_symbolic_link_to_it_chooses_it(nxctl, fields, project, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(project)
    assert ids(nxctl("list", "--json", "--store", fields, cwd=link)) == NORTH
    assert ids(nxctl("list", "--json", "--store", fields, "--workspace", link)) == NORTH
    # $PWD as a shell leaves it names the link; the directory is the same.
    assert ids(nxctl("list", "--json", "--store", fields, cwd=link, env={"PWD": link})) == NORTH


def test_elsewhere_all_workspaces_are_meant(nxctl, fields, project, empty_dir):
    assert ids(nxctl("list", "--json", "--store", fields, cwd=empty_dir)) == all_ids(fields)


def test_all_overrules_the_current_directory(nxctl, fields, project):
    assert ids(nxctl("list", "--json", "--all", "--store", fields, cwd=project)) == all_ids(fields)


def test_workspace_option(nxctl, fields, project):
    south = nxctl("list", "--json", "--workspace", "/src/fields/south", "--store", fields, cwd=project)
    assert {i[:8] for i in ids(south)} == {"fa7e8a96", "fb9b2f1c", "5a8566fe"}
    (project / "deeper").mkdir()
    assert ids(nxctl("list", "--json", "--workspace", project / "deeper" / "..", "--store", fields)) == NORTH
    by_name = nxctl("list", "--json", "--workspace", stores.encode(project), "--store", fields)
    assert ids(by_name) == NORTH


def test_unknown_workspace_names_those_there_are(nxctl, fields, tmp_path):
    r = nxctl("list", "--workspace", tmp_path, "--store", fields).expect(96)
    assert f"'{tmp_path}'" in r.err and "/src/fields/south" in r.err


def test_all_and_workspace_exclude_each_other(nxctl, fields):
    assert "exclude" in nxctl("list", "--all", "--workspace", "/", "--store", fields).expect(2).err


def test_a_cut_name_is_found_and_its_path_known(nxctl, fields, tmp_path):
    """A folder name over 96 bytes is cut and hashed; nextest finds it by encoding the path, and so do we."""
    path = ("/src/fields/a-very-long-directory-name-that-does-not-want-to-end/and_another_one_with_underscores/"
            "deep/deeper")
    r = nxctl("list", "--json", "--workspace", path, "--store", fields).expect(0).json
    assert len(r["runs"]) == 1 and r["runs"][0]["workspace"]["path"] == path
    assert r["runs"][0]["workspace"]["name"].endswith("a1b18ea9")


def test_a_cut_name_without_recording_has_no_path(nxctl, fields):
    name = next(n for n in stores.runs_dirs(fields) if n.endswith("a1b18ea9"))
    for zip_file in (fields / "projects" / name).rglob("store.zip"):
        zip_file.unlink()
    runs = [r for r in nxctl("list", "--json", "--all", "--store", fields).expect(0).json["runs"]
            if r["workspace"]["name"] == name]
    assert len(runs) == 1 and runs[0]["workspace"]["path"] is None
    assert name in nxctl("list", "--all", "--store", fields).expect(0).text


def test_workspace_names_are_decoded(nxctl, fields):
    r = nxctl("list", "--json", "--all", "--store", fields).expect(0).json
    paths = {run["workspace"]["path"] for run in r["runs"]}
    assert '/src/fields/what? *now* <or> "never" | \\maybe' in paths and "/src/fields/поле_été" in paths


def test_text_list_has_a_heading_for_each_workspace(nxctl, fields):
    text = nxctl("list", "--all", "--store", fields).expect(0).text
    heads = [line for line in text.splitlines() if line.startswith("workspace: ")]
    assert len(heads) == len(stores.runs_dirs(fields)) and heads == sorted(heads)


def test_state_directory_rules(nxctl, fields, tmp_path):
    """NEXTEST_STATE_DIR, else $XDG_STATE_HOME/nextest, else ~/.local/state/nextest; --store before all of them."""
    home = tmp_path / "h"
    (home / ".local/state").mkdir(parents=True)
    shutil.copytree(fields, home / ".local/state/nextest")
    xdg = tmp_path / "x"
    xdg.mkdir()
    want = all_ids(fields)
    assert ids(nxctl("list", "--json", "--all", env={"HOME": home, "XDG_STATE_HOME": None})) == want
    assert ids(nxctl("list", "--json", "--all", env={"HOME": home, "XDG_STATE_HOME": xdg})) == set()
    os.rename(home / ".local/state/nextest", xdg / "nextest")
    assert ids(nxctl("list", "--json", "--all", env={"HOME": home, "XDG_STATE_HOME": xdg})) == want
    assert ids(nxctl("list", "--json", "--all", env={"NEXTEST_STATE_DIR": fields})) == want
    r = nxctl("list", "--json", "--all", "--store", fields, env={"NEXTEST_STATE_DIR": tmp_path / "no"})
    assert ids(r) == want


def test_default_store_that_is_not_there_has_no_runs(nxctl):
    r = nxctl("list").expect(0)
    assert r.out == b"" and r.err == "info: no recorded runs\n"
    r = nxctl("export").expect(96)
    assert "error: no recorded runs exist" in r.err and "nextest" in r.err, "the remedy names the place"


def test_named_store_that_is_not_there_is_an_error(nxctl, tmp_path):
    for words in (["list"], ["list", "--json"], ["info", "latest"], ["export"]):
        r = nxctl(*words, "--store", tmp_path / "no").expect(96)
        assert str(tmp_path / "no") in r.err and r.out == b""
    (tmp_path / "file").write_text("x")
    nxctl("list", "--store", tmp_path / "file").expect(96)


def test_a_run_of_another_workspace_is_pointed_at(nxctl, fields, project):
    r = nxctl("info", "fb9b2f1c", "--store", fields, cwd=project).expect(96)
    assert "no recorded run found matching `fb9b2f1c`" in r.err
    assert "/src/fields/south" in r.err and "--all" in r.err
    assert nxctl("info", "--json", "fb9b2f1c", "--all", "--store", fields, cwd=project).expect(0).json["id"][:8] == "fb9b2f1c"


def test_a_workspace_without_runs_points_at_others(nxctl, fields, project):
    runs_dir = stores.runs_dirs(fields)[stores.encode(project)]
    stores.write_list(runs_dir, {"format-version": 2, "runs": []})
    r = nxctl("export", "--store", fields, cwd=project).expect(96)
    assert "no recorded runs exist" in r.err and "--all" in r.err
    r = nxctl("list", "--store", fields, cwd=project).expect(0)
    assert "info: no recorded runs\n" in r.err and "--all" in r.err


def test_ambiguity_over_workspaces_names_them(nxctl, fields):
    """The same run in two workspaces (a copied store) is not guessed at."""
    dirs = stores.runs_dirs(fields)
    shutil.copytree(dirs["_ssrc_sfields_snorth"].parent.parent, fields / "projects" / "_scopy")
    r = nxctl("info", "980f54a7", "--all", "--store", fields).expect(96)
    assert "is ambiguous, matches 2 runs" in r.err and "/src/fields/north" in r.err and "  /copy" in r.err
    assert nxctl("info", "--json", "980f54a7", "--workspace", "/copy", "--store", fields).expect(0)


def test_verbose_tells_where_it_looked(nxctl, fields, project):
    r = nxctl("list", "-v", "--store", fields, cwd=project).expect(0)
    assert f"info: store {fields}\n" in r.err and f"info: workspace {project} (of the current directory)" in r.err
    assert f"store: {fields}/projects/{stores.encode(project)}/records\n" in r.text


def test_vanished_current_directory(nxctl, fields, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$1" && exec "$2" list --json --store "$3"'
    import subprocess
    done = subprocess.run(["sh", "-c", script, "sh", gone, nxctl.path, fields], cwd=gone, env=nxctl.env,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
