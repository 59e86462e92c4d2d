"""The texts that cargo-nextest 0.9.143 writes, for the generators beside this file."""
import subprocess
import sys
from datetime import datetime, timedelta, timezone

LEVEL = "-3"  # of zstd, nextest's own

STATS = ('{"initial-run-count":%(total)d,"finished-count":%(done)d,"setup-scripts-initial-count":0,'
         '"setup-scripts-finished-count":0,"setup-scripts-passed":0,"setup-scripts-failed":0,"setup-scripts-exec-failed":0,'
         '"setup-scripts-timed-out":0,"passed":%(passed)d,"passed-slow":%(slow)d,"passed-timed-out":0,"flaky":%(flaky)d,'
         '"failed":%(failed)d,"failed-slow":0,"failed-timed-out":0,"leaky":0,"leaky-failed":0,"exec-failed":0,"skipped":0,'
         '"cancel-reason":null}')
BEGIN = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"core","kind":"run-started","run-id":"%(run)s",'
         '"profile-name":"%(profile)s","cli-args":["/usr/local/bin/cargo-nextest","nextest","run"],"stress-condition":null}}\n')
SLOT = '"slot-assignment":{"global-slot":%(slot)d,"group-slot":null,"test-group":"@global"}'
RETRY = '"retry-data":{"attempt":%(attempt)d,"total-attempts":%(attempts)d}'
TEST = '"stress-index":null,"test-instance":{"binary-id":"%(binary)s","name":"%(name)s"}'
COMMAND = '"command-line":["/src/big/target/debug/deps/%(program)s-e5817e378e287488","--exact","%(name)s","--nocapture"]'
STARTED = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"core","kind":"test-started",' + TEST + ',' + SLOT +
           ',"current-stats":%(stats)s,"running":%(running)d,' + COMMAND + '}}\n')
RETRY_STARTED = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"core","kind":"test-retry-started",' + TEST + ',' +
                 SLOT + ',' + RETRY + ',"running":%(running)d,' + COMMAND + '}}\n')
PASSED = '{"status":"pass"}'
FAILED = '{"status":"fail","failure":{"kind":"exit-code","code":101},"leaked":false}'
WHY = ('{"short-message":"exited with code 101","description":"thread \'main\' panicked at src/big.rs:7:5:\\nassertion `left == '
       'right` failed"}')
STATUS = ('{' + RETRY + ',"output":{"type":"output","result":%(result)s,"output":{"kind":"split","stdout":{"status":"full",'
          '"file-name":"%(file)016x-stdout"},"stderr":{"status":"empty"}},"errors":null},"result":%(result)s,'
          '"start-time":"%(began)s","time-taken":%(taken)s,"is-slow":%(is_slow)s,"delay-before-start":{"secs":0,"nanos":0},'
          '"error-summary":%(why)s,"output-error-slice":null}')
ATTEMPT_FAILED = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"output","kind":"test-attempt-failed-will-retry",' +
                  TEST + ',"run-status":%(status)s,"delay-before-next-attempt":{"secs":0,"nanos":0},'
                  '"failure-output":"immediate","running":%(running)d}}\n')
FINISHED = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"output","kind":"test-finished",' + TEST +
            ',"success-output":"never","failure-output":"immediate","junit-store-success-output":false,'
            '"junit-store-failure-output":false,"junit-flaky-fail-status":"failure","run-statuses":{"statuses":[%(statuses)s],'
            '"flaky-result":"pass"},"current-stats":%(stats)s,"running":%(running)d}}\n')
END = ('{"timestamp":"%(at)s","elapsed":%(elapsed)s,"kind":{"type":"core","kind":"run-finished","run-id":"%(run)s",'
       '"start-time":"%(began)s","elapsed":%(elapsed)s,"run-stats":{"type":"single",%(stats)s,"outstanding-not-seen":null}}\n')

START = datetime(2026, 1, 2, 8, 18, 57, tzinfo=timezone.utc)


def instant(nanos, start=START):
    whole = start + timedelta(seconds=nanos // 10**9)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{nanos % 10**9:09d}Z"


def duration(nanos):
    return f'{{"secs":{nanos // 10**9},"nanos":{nanos % 10**9}}}'


class Random:
    """A fixed sequence, whatever the version of python."""

    def __init__(self, seed=0):
        self.state = 0x9E3779B97F4A7C15 + seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def encode(path):
    """nextest's folder name of a workspace."""
    out = str(path).replace("_", "__")
    for raw, code in (("/", "_s"), ("\\", "_b"), (":", "_c"), ("*", "_a"), ('"', "_q"), ("<", "_l"), (">", "_g"), ("|", "_p"),
                      ("?", "_m")):
        out = out.replace(raw, code)
    if len(out.encode()) > 96:
        sys.exit(f"{sys.argv[0]}: {path} is too long a path; choose a folder nearer to /")
    return out


def package(folder):
    """An empty package, because nextest looks for its workspace."""
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src/lib.rs").write_text("")
    (folder / "Cargo.toml").write_text('[workspace]\n[package]\nname = "big"\nversion = "0.0.0"\nedition = "2021"\n')


def zstd(path):
    return subprocess.Popen(["zstd", "-q", "-f", LEVEL, "-o", str(path)], stdin=subprocess.PIPE)


def entry(run, started, ended, took, packed, size, count, status, store=(0, 0, 0), profile="default"):
    """A run as runs.json lists it."""
    return {"run-id": run, "store-format-version": 2, "store-format-minor-version": 1, "nextest-version": "0.9.143",
            "started-at": started, "last-written-at": ended, "duration-secs": took,
            "cli-args": ["/usr/local/bin/cargo-nextest", "nextest", "run", *(["-P", profile] if profile != "default" else [])],
            "build-scope-args": [], "env-vars": {}, "parent-run-id": None,
            "sizes": {"log": {"compressed": packed, "uncompressed": size, "entries": count},
                      "store": {"compressed": store[0], "uncompressed": store[1], "entries": store[2]}},
            "status": status}
