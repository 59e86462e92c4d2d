"""What the measurements share: figures with verdicts, measured commands, a daemon."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
missed = []


def tell(text=""):
    print(text, flush=True)


def goal(name, value, bound, unit="", least=False):
    """One line with a verdict. `least`: the value has to reach the bound, else it has to stay below."""
    if value is None:
        tell(f"    {name:<58} not measured (goal {'at least' if least else 'at most'} {bound:g}{unit})")
        missed.append(name)
        return
    good = value >= bound if least else value <= bound
    if not good:
        missed.append(name)
    tell(f"    {name:<58} {value:>8.3f}{unit}  {'ok' if good else 'MISSED'}"
         f" (goal {'at least' if least else 'at most'} {bound:g}{unit})")


class Series:
    """One command, measured again and again."""

    measure = None  # bench/measure

    def __init__(self, name, argv, cwd=None, env=None):
        self.name, self.argv, self.cwd, self.env, self.got = name, argv, cwd, env, []

    def once(self):
        done = subprocess.run([self.measure, *self.argv], cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, check=True, text=True)
        status, cpu, peak, _ = map(int, done.stdout.split())
        if status != 0:
            sys.exit(f"bench: {' '.join(map(str, self.argv))}: exit {status}: {done.stderr}")
        self.got.append((cpu / 1e6, peak))

    @property
    def cpu(self):
        return median(g[0] for g in self.got)

    @property
    def peak(self):
        return median(g[1] for g in self.got)

    def show(self):
        cpus = [g[0] for g in self.got]
        tell(f"    {self.name:<44} CPU {self.cpu * 1000:8.1f} ms ({min(cpus) * 1000:.1f} to {max(cpus) * 1000:.1f})"
             f"   peak {self.peak / 1024:7.1f} MiB")


# --- daemon -----------------------------------------------------------------------------------------------------------

def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as r:
        return r.read()


def start_daemon(options, state, cache, env=None, *more):
    """(process, base address): the daemon names its addresses on a descriptor when it is ready."""
    get, put = os.pipe()
    child = subprocess.Popen([options.nxtraced, "--listen", "127.0.0.1:0", "--store", state, "--cache-dir", cache,
                              "--ready-fd", str(put), "--quiet", *more], pass_fds=(put,), env=env)
    os.close(put)
    with os.fdopen(get) as ready:
        text = ready.read()
    m = re.search(r"http://[\w.:\[\]-]+", text)
    if not m:
        child.kill()
        sys.exit(f"bench: nxtraced did not get ready: {text!r}")
    return child, m.group(0)


def stop(child):
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


# --- the frame of a program -------------------------------------------------------------------------------------------

def run(parser, parts, programs):
    """Parses the arguments, runs the parts (by name, in order) in a folder of their own, and says what was missed."""
    parser.add_argument("--measure", required=True)
    parser.add_argument("--nxctl", default="nxctl")
    parser.add_argument("--nxtraced", default="nxtraced")
    parser.add_argument("--work")
    parser.add_argument("--only", choices=tuple(parts))
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    for name in ("measure", "nxctl", "nxtraced", *programs):
        path = shutil.which(getattr(options, name))
        if not path:
            sys.exit(f"bench: no program {getattr(options, name)}")
        setattr(options, name, os.path.abspath(path))
    Series.measure = options.measure
    # A short path: nextest's folder name of a workspace has no room for a long one.
    made = None if options.work else tempfile.mkdtemp(prefix="nxbench-", dir="/tmp")
    options.work = Path(options.work or made).resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    try:
        for name, part in parts.items():
            if options.only in (None, name):
                part(options)
    finally:
        if made:
            shutil.rmtree(made, ignore_errors=True)
    tell(f"{len(missed)} goal{'s' if len(missed) != 1 else ''} missed" if missed else "every goal reached")
    return 1 if missed and options.strict else 0
