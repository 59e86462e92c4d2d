"""A second reading of recordings, by zstd and json alone: what nxctl's answers about tests are compared with."""
import json
import struct
import subprocess
import tempfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path

from support import stores


def is_cut(path):
    """Does its zstd stream have no end?"""
    return subprocess.run(["zstd", "-qt", path], stderr=subprocess.DEVNULL).returncode != 0


def read_lines(path):
    """The events of a whole log; None where a line cannot be read."""
    for line in stores.unzstd(Path(path).read_bytes()).split(b"\n")[:-1]:
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield None


def nanos(duration):
    return duration["secs"] * 10**9 + duration["nanos"]


def instant(text):
    """Nanoseconds since 1970."""
    whole, _, rest = text.replace("Z", "+00:00").partition(".")
    digits = rest[:len(rest) - len(rest.lstrip("0123456789"))]
    offset = rest[len(digits):] or whole[19:]
    t = datetime.fromisoformat(whole[:19] + (offset or "+00:00"))
    return int((t - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()) * 10**9 + int((digits or "0").ljust(9, "0"))


def outcome(result):
    status = result["status"]
    if status in ("leak", "timeout"):
        return f"{status}-{result['result']}"
    if status == "fail":
        return "fail" if result["failure"]["kind"] == "exit-code" else "abort"
    return status


class Attempt:
    """One attempt of a test: `key` is (binary, test, stress index, attempt)."""

    def __init__(self, kind, status, last, flaky_fails, slots):
        test = kind["test-instance"]
        stress = (kind.get("stress-index") or {}).get("current")
        self.key = (test["binary-id"], test["name"], stress, status["retry-data"]["attempt"])
        self.outcome = outcome(status["result"])
        self.passed = self.outcome in ("pass", "leak-pass", "timeout-pass") and not flaky_fails
        self.flaky = last and self.key[3] > 1 and self.outcome in ("pass", "leak-pass", "timeout-pass")
        self.last = last
        self.slow = status["is-slow"]
        self.start = instant(status["start-time"])
        self.duration = nanos(status["time-taken"])
        self.slot, self.group = slots.get((test["binary-id"], test["name"]), (0, None))
        self.output = status["output"]


class Log:
    """attempts: all that ended; running: {(binary, test): attempt}; bad: lines that could not be read; cut: has no end."""

    def __init__(self, path):
        self.attempts, self.running, self.skipped, self.bad, self.profile, self.stress = [], {}, 0, 0, None, False
        self.cut = is_cut(path)
        slots = {}
        for event in read_lines(path):
            try:
                self._take(event["kind"], slots)
            except (TypeError, KeyError, IndexError):
                self.bad += 1

    def _take(self, kind, slots):
        word = kind["kind"]
        test = kind.get("test-instance") or {}
        name = (test.get("binary-id"), test.get("name"))
        if word == "run-started":
            self.profile, self.stress = kind["profile-name"], kind["stress-condition"] is not None
        elif word in ("test-started", "test-retry-started"):
            slot = kind["slot-assignment"]
            slots[name] = (slot["global-slot"], None if slot["test-group"] == "@global" else slot["test-group"])
            self.running[name] = kind["retry-data"]["attempt"] if "retry-data" in kind else 1
        elif word == "test-attempt-failed-will-retry":
            self.attempts.append(Attempt(kind, kind["run-status"], False, False, slots))
            self.running.pop(name, None)
        elif word == "test-finished":
            statuses = kind["run-statuses"]["statuses"]
            a = Attempt(kind, statuses[-1], True, False, slots)
            if a.flaky and kind["run-statuses"].get("flaky-result") not in (None, "pass"):
                a.passed = False
            self.attempts.append(a)
            self.running.pop(name, None)
        elif word == "test-skipped":
            self.skipped += (kind.get("stress-index") or {"current": 0})["current"] == 0


class Outputs:
    """The outputs in a run's store.zip."""

    def __init__(self, path):
        self.raw = Path(path).read_bytes()
        self.zip = zipfile.ZipFile(path)
        self.folder = tempfile.TemporaryDirectory()
        for which in ("stdout", "stderr"):
            (Path(self.folder.name) / which).write_bytes(stores.unzstd(self._bytes(f"meta/{which}.dict")))

    def _bytes(self, name):
        info = self.zip.getinfo(name)
        names, extra = struct.unpack("<HH", self.raw[info.header_offset + 26:info.header_offset + 30])
        start = info.header_offset + 30 + names + extra
        return self.raw[start:start + info.compress_size]

    def stream(self, s):
        if not s or s["status"] == "empty":
            return b""
        name = s["file-name"]
        which = "stderr" if name.endswith("-stderr") else "stdout"
        return subprocess.run(["zstd", "-qdc", "-D", f"{self.folder.name}/{which}"], input=self._bytes("out/" + name),
                              stdout=subprocess.PIPE, check=True).stdout

    def of(self, attempt, stream="combined"):
        o = attempt.output.get("output") or {}
        if o.get("kind") == "combined":
            return b"" if stream == "stderr" else self.stream(o["output"])
        out = self.stream(o.get("stdout")) if stream != "stderr" else b""
        return out + (self.stream(o.get("stderr")) if stream != "stdout" else b"")
