"""Run lists made up at random, read by nextest and by nxctl: the same tables and the same details.

What real recordings do not have: loops of parents, pruned parents, huge counts, every sign that a shell takes for its
own. The seeds are fixed.
"""
import random
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from support import stores
from support.cargo import Project
from support.expected import without_clock

SPECIAL = list(" \t'\"\\$`!#&*()[]{}<>|;?~^%=@:,+-_./") + ["é", "a", "B", "0", "˜", "''", "🦀"]


@pytest.fixture
def project(tmp_path, clean_env):
    return Project(tmp_path, clean_env, tmp_path / "target")


def some_status(rng):
    big = rng.choice([0, 1, 2, 9, 10, 99, 100, 12345, 10**9])
    kind = rng.choice(["incomplete", "completed", "cancelled", "stress-completed", "stress-cancelled", "of-the-future"])
    if kind in ("completed", "cancelled"):
        return {"status": kind, "initial-run-count": rng.choice([0, big, 5]), "passed": rng.choice([0, 1, big]),
                "failed": rng.choice([0, 0, 2]), "exit-code": rng.choice([0, 100, -1])}
    if kind.startswith("stress"):
        return {"status": kind, "initial-iteration-count": rng.choice([None, 1, 7]), "success-count": rng.choice([0, 1, big]),
                "failed-count": rng.choice([0, 3]), "exit-code": 100}
    return {"status": kind}


def some_size(rng):
    return {k: rng.choice([0, 1, 1023, 1024, 1536, 2**20 - 1, 2**20, 10433332, 2**30, 10683731149, 2**41])
            for k in ("compressed", "uncompressed", "entries")}


def some_word(rng):
    return "".join(rng.choice(SPECIAL) for _ in range(rng.randrange(0, 6)))


def some_list(rng, n):
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(n)]
    gone = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(2)]
    start = datetime(2026, 3, 1, tzinfo=timezone.utc)
    seconds = rng.sample(range(10**7), n)
    runs = []
    for i, run_id in enumerate(ids):
        at = (start + timedelta(seconds=seconds[i])).astimezone(timezone(timedelta(minutes=rng.choice([0, 0, 345, -210]))))
        runs.append({
            "run-id": run_id, "store-format-version": rng.choice([2] * 8 + [1, 3]), "store-format-minor-version": rng.choice([0, 1, 1, 2]),
            "nextest-version": "0.9.143", "started-at": at.isoformat(), "last-written-at": at.isoformat(),
            "duration-secs": rng.choice([None, 0, 0.0005, 0.0015, 1.2345, 99999.9995, 1e7]),
            "cli-args": [some_word(rng) for _ in range(rng.randrange(5))], "build-scope-args": [],
            "env-vars": {f"NEXTEST_{k}": some_word(rng) for k in range(rng.randrange(3))},
            "parent-run-id": rng.choice([None, None, *ids, *ids[:2], *gone]) if rng.random() < 0.7 else None,
            "sizes": {"log": some_size(rng), "store": some_size(rng)}, "status": some_status(rng),
        })
    return {"format-version": 2, "runs": runs}


@pytest.mark.parametrize("seed", range(8))
def test_tables_and_details(project, nxctl, seed):
    rng = random.Random(seed)
    runs_dir = project.state / "projects" / stores.encode(project.dir.resolve()) / "records" / "runs"
    runs_dir.mkdir(parents=True)
    (runs_dir / "runs.lock").touch()
    document = some_list(rng, [1, 2, 3, 5, 8, 20, 40, 60][seed])
    stores.write_list(runs_dir, document)

    def ours(*words):
        return nxctl(*words, cwd=project.dir, env={"NEXTEST_STATE_DIR": project.state})

    for words in (["list"], ["list", "-v"]):
        assert ours(*words).expect(0).text == project.nextest("store", *words, check=0).stdout.decode()
    for run in rng.sample(document["runs"], min(6, len(document["runs"]))):
        want = without_clock(project.nextest("store", "info", run["run-id"], check=0).stdout.decode())
        want = re.sub(r"\\*[\t]", lambda m: m[0].replace("\t", "\\t"), want)  # we do not print a tab as it is
        assert without_clock(ours("info", run["run-id"]).expect(0).text).startswith(want)
    latest = max(document["runs"], key=lambda r: datetime.fromisoformat(r["started-at"]))
    assert ours("info", "--json", "latest").expect(0).json["id"] == latest["run-id"]
