"""A process that fills the index is killed at any moment, again and again: at the end the index equals one made without a kill."""
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import stores
from support.daemon import Daemon, eventually


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_while_runs_arrive(copy_state, index_tool, tmp_path, seed):
    state = copy_state("retries")
    runs_dir, document = stores.many_runs(state, 40)
    total = len(document["runs"])
    assert total >= 200
    stores.write_list(runs_dir, document)
    began = time.monotonic()
    index_tool("fill", state, tmp_path / "whole.db").expect(0)
    took = time.monotonic() - began
    whole = index_tool("dump", tmp_path / "whole.db").expect(0).text
    assert len(re.findall(r"^run ", whole, re.M)) == total

    rng, database, sizes, killed = random.Random(seed), tmp_path / "killed.db", [], 0
    window = took * 0.3
    argv = [str(index_tool.path), "fill", str(state), str(database)]
    for turn in range(1, 31):
        stores.write_list(runs_dir, {**document, "runs": document["runs"][:total * turn // 30]})
        child = subprocess.Popen(argv, env=index_tool.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(rng.random() * window)
        child.kill()
        err = child.communicate()[1].decode()
        assert child.returncode in (0, -signal.SIGKILL), err
        killed += child.returncode != 0
        # The window follows the program, or on some machines every kill would come too late or too early.
        window *= 1.5 if child.returncode else 0.6
        # Whatever moment it was, the next one finds a database that it can go on with.
        assert "set aside" not in err, err
        done = index_tool("dump", database)
        assert done.code == 0 or "opened for writing once" in done.err or "no index there" in done.err, done.err
        sizes.append(len(re.findall(r"^run ", done.text, re.M)))
    index_tool("fill", state, database).expect(0)
    assert index_tool("dump", database).expect(0).text == whole
    # A kill loses what was in hand and no more: what was there stays.
    assert sizes == sorted(sizes)
    assert killed > 5 and len(set(sizes)) > 5, (killed, sizes)


@pytest.mark.parametrize("seed", range(2))
def test_daemon_killed_at_random_while_runs_arrive(nxtraced_path, clean_env, empty_dir, copy_state, index_tool, tmp_path, seed):
    state = copy_state("retries")
    runs_dir, document = stores.many_runs(state, 40)
    total = len(document["runs"])
    stores.write_list(runs_dir, document)
    index_tool("fill", state, tmp_path / "whole.db").expect(0)
    whole = index_tool("dump", tmp_path / "whole.db").expect(0).text

    rng, arrived = random.Random(seed), 0
    database = Path(clean_env["XDG_STATE_HOME"]) / "nxtrace/index.db"
    stores.write_list(runs_dir, {**document, "runs": []})
    for turn in range(12):
        with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state)) as d:
            end = time.monotonic() + rng.random() * 0.4
            while time.monotonic() < end:
                if arrived < total * (turn + 1) // 12:
                    arrived += 1
                    stores.write_list(runs_dir, {**document, "runs": document["runs"][:arrived]})
            assert d.stop(sig=signal.SIGKILL) == -signal.SIGKILL, d.running.report()
    stores.write_list(runs_dir, document)
    with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state)) as d:
        eventually(lambda: index_tool("dump", database).text == whole, "the index equals one made from scratch")
        assert "put aside" not in d.running.report()
