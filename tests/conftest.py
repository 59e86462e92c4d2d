"""Fixtures for all black-box tests.

The programs under test come from the environment: NXCTL and NXTRACED, absolute paths. A test whose program is
not named fails, and does not skip: a suite that tested nothing must not look green.

Every test has a private home, state, cache and run-time directory below tmp_path, and an environment in which no
variable of the caller's leads to a store.
"""
import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True

from support import env as env_support  # noqa: E402
from support import stores as store_support  # noqa: E402
from support.run import Tool  # noqa: E402


def program(variable):
    path = os.environ.get(variable)
    if not path:
        pytest.fail(f"${variable} does not name the program under test (make check sets it)", pytrace=False)
    if not os.access(path, os.X_OK) or not os.path.isabs(path):
        pytest.fail(f"${variable}={path!r} is no absolute path of a program", pytrace=False)
    return Path(path)


@pytest.fixture(scope="session")
def nxctl_path():
    return program("NXCTL")


@pytest.fixture(scope="session")
def nxtraced_path():
    return program("NXTRACED")


@pytest.fixture(scope="session")
def source_dir():
    """Top of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def recordings():
    """The recordings that the tests read; never written to (copy with copy_state)."""
    return store_support.data_dir()


@pytest.fixture
def clean_env(tmp_path):
    """A private world: HOME and every XDG directory below tmp_path, nothing of nextest's or ours set."""
    return env_support.private(tmp_path / "world")


@pytest.fixture
def empty_dir(tmp_path):
    """A working directory that lies in no workspace of any store."""
    d = tmp_path / "elsewhere"
    d.mkdir()
    return d


@pytest.fixture
def nxctl(nxctl_path, clean_env, empty_dir):
    """nxctl("list", "--json", cwd=..., env={...}, input=...) -> Result (support/run.py)."""
    return Tool(nxctl_path, clean_env, empty_dir)


@pytest.fixture
def copy_state(tmp_path, recordings):
    """copy_state("plain") -> a private, writable copy of that recording's state directory."""
    count = 0

    def copy(name):
        nonlocal count
        count += 1
        return store_support.copy_state(recordings / name, tmp_path / f"state-{count}")

    return copy
