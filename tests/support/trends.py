"""What follows from many runs, computed a second time from their logs."""
import functools

from support import runlog, stores

PASSED = ("pass", "leak-pass", "timeout-pass")


class Verdict:
    """How a test did in a run: over sub-runs the worst outcome, the longest time."""

    def __init__(self):
        self.decided = self.failed = self.flaky = self.slow = self.gave_up = False
        self.duration = 0

    def take(self, a):
        self.slow |= a.slow
        if a.last:
            self.decided = True
            self.failed |= not a.passed
            self.flaky |= a.flaky
            self.duration = max(self.duration, a.duration)
        else:
            self.gave_up = True


class Run:
    def __init__(self, workspace, entry, log):
        self.id, self.workspace, self.log = entry["run-id"], workspace, log
        self.start = runlog.instant(entry["started-at"])
        self.tests = {}
        for a in log.attempts:
            self.tests.setdefault(a.key[:2], Verdict()).take(a)
        for name in log.running:
            self.tests.setdefault(name, Verdict())


@functools.lru_cache(maxsize=None)
def runs(state):
    """All runs of a store that have a log, newest first."""
    found = []
    for d in stores.runs_dirs(state).values():
        for entry in stores.read_list(d)["runs"]:
            path = d / entry["run-id"] / "run.log.zst"
            if path.is_file() and entry["store-format-version"] == 2:
                found.append(Run(d.parent.parent.name, entry, runlog.Log(path)))
    return sorted(found, key=lambda r: (r.start, r.id), reverse=True)


def percentile(values, p):
    v = sorted(values)
    return v[max((len(v) * p + 99) // 100, 1) - 1]


class Trend:
    def __init__(self):
        self.runs = self.failed = self.flaky = self.flips = self.slow = 0
        self.before = None
        self.durations, self.last_flaky = [], None


def trends(of):
    """{(binary, test): Trend} over runs, newest first."""
    found = {}
    for run in of:
        for name, v in run.tests.items():
            if not v.decided:
                continue
            t = found.setdefault(name, Trend())
            t.flips += t.before is not None and t.before != v.failed
            t.before = v.failed
            t.runs += 1
            t.failed += v.failed
            t.flaky += v.flaky
            t.slow += v.slow
            t.durations.append(v.duration)
            if v.flaky and t.last_flaky is None:
                t.last_flaky = run.start
    return found
