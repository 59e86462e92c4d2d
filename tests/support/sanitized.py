"""Are the programs under test built with sanitizers? They are some twenty times as slow to start then, so where many cases lead
through the same code, suites put fewer of them; every case is put to the plain build."""
import os
from pathlib import Path

SANITIZED = b"__asan_init" in Path(os.environ.get("NXTRACED") or os.devnull).read_bytes()


def fewer(cases, step):
    """Every step-th case under sanitizers, else all."""
    return cases[::step] if SANITIZED else cases
