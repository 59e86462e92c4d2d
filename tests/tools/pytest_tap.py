#!/usr/bin/env python3
"""Runs pytest on folders below tests/ and prints TAP on standard output; pytest's own report goes to standard error.

pytest_tap.py FOLDER [PYTEST-OPTION...]

A test that takes longer than $NX_TEST_LIMIT seconds (120) fails with a traceback of where it hung, and the others go on.
"""
import os
import signal
import sys
from pathlib import Path


def main():
    top = Path(os.environ.get("NX_SRCDIR") or Path(__file__).resolve().parents[2])
    folder = top / "tests" / sys.argv[1]
    sys.stdout.flush()
    tap = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever pytest or a test prints is no TAP

    import pytest

    limit = float(os.environ.get("NX_TEST_LIMIT") or 120)

    class TooLong(BaseException):
        """Not an Exception, so that no test that catches errors catches it."""

    def too_long(*_):
        signal.setitimer(signal.ITIMER_REAL, 10)  # again, where a fixture's end hangs too
        raise TooLong(f"longer than {limit:g} s")

    signal.signal(signal.SIGALRM, too_long)

    class Plugin:
        count = 0

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(self, item):
            signal.setitimer(signal.ITIMER_REAL, limit)
            yield
            signal.setitimer(signal.ITIMER_REAL, 0)

        def line(self, ok, name, note=""):
            self.count += 1
            name = name.replace("#", "_").replace("\n", " ").encode("ascii", "backslashreplace").decode()
            note = " ".join(note.replace("#", "_").split())
            print(f"{'ok' if ok else 'not ok'} {self.count} - {name}{note and ' # ' + note}", file=tap)

        def pytest_collectreport(self, report):
            if report.failed:
                self.line(False, f"{report.nodeid} could not be read")
            elif report.skipped:
                self.line(True, report.nodeid, "SKIP " + str(report.longrepr[2]))

        def pytest_runtest_logreport(self, report):
            if report.skipped:
                why = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
                self.line(True, report.nodeid, "SKIP " + why.removeprefix("Skipped: "))
            elif report.failed:
                self.line(False, report.nodeid + ("" if report.when == "call" else f" ({report.when})"))
            elif report.when == "call":
                self.line(True, report.nodeid)

    plugin = Plugin()
    code = pytest.main(["-c", str(top / "tests/pytest.ini"), "--rootdir", str(top / "tests"), *sys.argv[2:], str(folder)],
                       plugins=[plugin])
    if plugin.count == 0:
        plugin.line(False, f"no test in tests/{sys.argv[1]}")
    print(f"1..{plugin.count}", file=tap)
    if code not in (0, 1, 5):
        print(f"Bail out! pytest ended with {code}", file=tap)
    tap.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # not waiting for a thread that a failed test left behind


main()
