"""The recordings under tests/data, and how to make small stores of one's own."""
import json
import os
import random
import shutil
import subprocess
from pathlib import Path


def data_dir():
    """tests/data, or $NX_TEST_DATA (a larger set of recordings laid out in the same way)."""
    return Path(os.environ.get("NX_TEST_DATA") or Path(__file__).resolve().parent.parent / "data")


def stores(root=None):
    """Every store below the data directory: the folders that hold `state`, sorted."""
    root = root or data_dir()
    found = sorted(p.parent for p in root.rglob("state") if (p / "projects").is_dir())
    assert found, f"no recordings below {root}"
    return found


def store_name(store):
    return str(store.relative_to(data_dir()))


def copy_state(store, to):
    """A private, writable copy of a recording's state directory."""
    shutil.copytree(store / "state", to, symlinks=True)
    for d, _, files in os.walk(to):
        os.chmod(d, 0o755)
        for f in files:
            os.chmod(os.path.join(d, f), 0o644)
    return to


# Folders without a file, which git does not keep: below the runs directory of the one workspace.
EMPTY_FOLDERS = {
    "formats/bad-runs": "bddbd783-66ad-453d-ad4b-10b00002bd30/run.log.zst",
    "formats/list-is-a-folder": "runs.json.zst",
}


def whole_state(store, scratch):
    """The recording's state directory as it was recorded: itself, or where folders were lost a copy with them."""
    lost = EMPTY_FOLDERS.get(store_name(store))
    if not lost:
        return store / "state"
    state = copy_state(store, scratch / store.name)
    for d in runs_dirs(state).values():
        (d / lost).mkdir(exist_ok=True)
    return state


def runs_dirs(state):
    """{encoded workspace name: its runs directory}"""
    return {p.name: p / "records" / "runs" for p in sorted((Path(state) / "projects").iterdir())}


def index(expected):
    return json.loads((expected / "index.json").read_text())


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def unzstd(data):
    """All that can be decompressed, also of a stream that is cut."""
    return subprocess.run(["zstd", "-q", "-d", "-c"], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def read_list(runs_dir):
    return json.loads(unzstd((runs_dir / "runs.json.zst").read_bytes()))


def write_list(runs_dir, document):
    """Replaces the run list, by rename as nextest does."""
    new = runs_dir / "runs.json.zst.new"
    new.write_bytes(zstd(json.dumps(document).encode()))
    new.rename(runs_dir / "runs.json.zst")


def encode(path):
    """nextest's folder name for a workspace, for paths short enough not to be cut."""
    out = str(path).replace("_", "__")
    for raw, code in (("/", "_s"), ("\\", "_b"), (":", "_c"), ("*", "_a"), ('"', "_q"), ("<", "_l"), (">", "_g"),
                      ("|", "_p"), ("?", "_m")):
        out = out.replace(raw, code)
    assert len(out.encode()) <= 96, f"{path} is too long a path for this helper"
    return out


def move_workspace(state, old_name, new_path):
    """Makes a store's workspace belong to `new_path`, as if it had been recorded there; returns its runs dir."""
    projects = Path(state) / "projects"
    (projects / old_name).rename(projects / encode(new_path))
    return projects / encode(new_path) / "records" / "runs"


def drop_run(runs_dir, run_id):
    """Prunes one run as nextest does: its list entry first, then its folder."""
    document = read_list(runs_dir)
    document["runs"] = [r for r in document["runs"] if r["run-id"] != run_id]
    write_list(runs_dir, document)
    shutil.rmtree(runs_dir / run_id)


def many_runs(state, copies):
    """Every run of a store so many times more, under ids of their own: (folder of the runs, list)."""
    (runs_dir,) = runs_dirs(state).values()
    document = read_list(runs_dir)
    rng, more = random.Random(7), []
    for run in document["runs"]:
        for _ in range(copies):
            number = "%032x" % rng.getrandbits(128)
            twin = f"{number[:8]}-{number[8:12]}-4{number[13:16]}-8{number[17:20]}-{number[20:]}"
            (runs_dir / twin).mkdir()
            for f in (runs_dir / run["run-id"]).iterdir():
                shutil.copyfile(f, runs_dir / twin / f.name)
            more.append({**run, "run-id": twin})
    document["runs"] += more
    return runs_dir, document


def keep_and_prune(state, archive):
    """Makes an archive of the store as nxtraced does, and prunes every other run from the store; {run: is it kept}."""
    shutil.copytree(state / "projects", archive / "projects")
    (archive / "recorded-in").write_text(f"{state}\n")
    kept = {}
    for runs_dir in runs_dirs(state).values():
        for i, run in enumerate(read_list(runs_dir)["runs"]):
            kept[run["run-id"]] = i % 2 == 0
            if i % 2 == 0:
                drop_run(runs_dir, run["run-id"])
    return kept
