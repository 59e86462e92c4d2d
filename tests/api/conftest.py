import time

import pytest

from support import stores
from support.answers import Answers
from support.daemon import Daemon
from support.sanitized import fewer

# Every second one is for the sanitized programs, too.
STORES = ["retries", "plain", "rerun+kept", "rerun", "stress", "failures", "output", "groups", "names", "cancelled",
          "variations", "setup-scripts", "two-projects", "many-runs/before-prune", "many-runs/after-prune", "no-tests",
          "live/2-first-flush", "paused", "formats/bad-logs", "formats/list-garbage", "formats/list-duplicate-id",
          "formats/versions"]


@pytest.fixture(scope="module", params=fewer(STORES, 2))
def store_name(request):
    return request.param


@pytest.fixture
def answers(store_name, recordings, nxtraced_path, nxctl, clean_env, empty_dir, tmp_path):
    name, kept = store_name.removesuffix("+kept"), None
    if name != store_name:
        state, kept = stores.copy_state(recordings / name, tmp_path / "state"), tmp_path / "kept" / "kept" / "default"
        stores.keep_and_prune(state, kept)
    else:
        state = stores.whole_state(recordings / name, tmp_path)
    with Daemon(nxtraced_path, clean_env, empty_dir, "--store", str(state), "--state-dir", str(tmp_path / "kept")) as daemon:
        a = Answers(daemon, nxctl, state, tmp_path / "kept" / "index.db",
                    ["--store", state, "--kept", kept] if kept else None)
        end = time.monotonic() + 60
        while not a.index.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        yield a
