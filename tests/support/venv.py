"""The Python packages of tests/requirements.txt, which scripts/venv installs apart from Debian's.

Debian's packages come first: what is imported here must do with their versions. A program of a package, which brings
all of its own, is run by its path: program("schemathesis").
"""
import importlib
import os
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("NX_VENV") or Path(os.environ.get("NX_SRCDIR") or TOP) / "build" / "venv")


def need():
    """Skips where the packages are not installed."""
    if not (VENV / ".installed").is_file():
        pytest.skip("the Python packages of tests/requirements.txt are not here (scripts/venv installs them)")


def load(name):
    """The module `name` of one of the packages."""
    need()
    for place in map(str, VENV.glob("lib/python3*/site-packages")):
        if place not in sys.path:
            sys.path.append(place)
    return importlib.import_module(name)


def folder(name):
    """Where the package `name` lies, without importing it."""
    need()
    (found,) = VENV.glob(f"lib/python3*/site-packages/{name}")
    return found


def program(name):
    need()
    return VENV / "bin" / name
