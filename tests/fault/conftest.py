"""Programs whose system calls are made to fail (inject.c), and the index without a daemon (index_tool.c)."""
import itertools
import os
from pathlib import Path

import pytest

from support.run import Tool


@pytest.fixture(scope="session")
def built():
    """The folder with this suite's own programs."""
    folder = Path(os.environ.get("NX_BUILDDIR", "")) / "tests" / "fault"
    if not all((folder / name).exists() for name in ("inject.so", "index_tool", "keep_tool")):
        pytest.fail(f"no inject.so, index_tool and keep_tool in {folder} (make check builds them)", pytrace=False)
    return folder


class Faults:
    """An environment in which calls fail; .hits are the calls that were made to."""

    def __init__(self, library, log, rules, while_file=None):
        self.log = log
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.env = {"LD_PRELOAD": library, "NX_FAULT": "; ".join(rules), "NX_FAULT_LOG": log, "NX_FAULT_WHILE": while_file,
                    # The injector comes before the sanitizer's own library.
                    "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0".lstrip(":")}

    @property
    def hits(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def faults(built, tmp_path):
    """faults("pwrite *index.db* 3 ENOSPC", ...) -> Faults"""
    count = itertools.count(1)

    def make(*rules, while_file=None):
        return Faults(built / "inject.so", tmp_path / f"faults-{next(count)}.log", rules, while_file)
    return make


@pytest.fixture
def keep_tool(built, clean_env, empty_dir):
    return Tool(built / "keep_tool", clean_env, empty_dir)


@pytest.fixture
def index_tool(built, clean_env, empty_dir):
    return Tool(built / "index_tool", clean_env, empty_dir)
