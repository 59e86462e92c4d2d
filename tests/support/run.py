"""Runs a program to its end, or keeps one running, always with a time limit."""
import json
import os
import queue
import signal
import subprocess
import threading
import time

TIMEOUT = float(os.environ.get("NX_TEST_TIMEOUT", "60"))

# A sanitizer's report, or a broken promise of our own, is a failure whatever the test looks at.
BROKEN = ("AddressSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer", "runtime error:", "Assertion `",
          "ThreadSanitizer", "MemorySanitizer")


def check_sound(argv, returncode, err, killed_by=()):
    text = err.decode("utf-8", "replace") if isinstance(err, bytes) else err
    for word in BROKEN:
        assert word not in text, f"{argv}: {text}"
    if returncode < 0 and -returncode not in killed_by:
        raise AssertionError(f"{argv}: killed by {signal.Signals(-returncode).name}: {text}")


class Result:
    """What a program did: .code, .out (bytes), .err (str); text and json are .out decoded."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out = argv, code, out
        self.err = err.decode("utf-8", "replace")

    @property
    def text(self):
        return self.out.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.out)

    def expect(self, code):
        assert self.code == code, f"{self}"
        return self

    def __str__(self):
        return f"{self.argv}: exit {self.code}\n--- stdout ({len(self.out)} bytes)\n" \
               f"{self.out[:2000].decode('utf-8', 'replace')}\n--- stderr\n{self.err[:4000]}"


class Tool:
    """A program with its environment; calling it runs it."""

    def __init__(self, path, env, cwd):
        self.path, self.env, self.cwd = path, dict(env), cwd

    def environment(self, more=None):
        env = dict(self.env)
        for k, v in (more or {}).items():
            if v is None:
                env.pop(k, None)
            else:
                env[k] = str(v)
        return env

    def __call__(self, *args, cwd=None, env=None, input=None, stdin=None, stdout=subprocess.PIPE, timeout=TIMEOUT,
                 killed_by=(), pass_fds=()):
        argv = [str(self.path), *map(os.fspath, args)]
        if input is None and stdin is None:
            stdin = subprocess.DEVNULL
        done = subprocess.run(argv, cwd=cwd or self.cwd, env=self.environment(env), input=input, stdin=stdin,
                              stdout=stdout, stderr=subprocess.PIPE, timeout=timeout, pass_fds=pass_fds)
        check_sound(argv, done.returncode, done.stderr, killed_by)
        return Result(argv, done.returncode, done.stdout or b"", done.stderr)


class Running:
    """A program that goes on: its output is collected by threads, and it never outlives the test.

    with Running([...], env=..., cwd=...) as p: p.line("stdout"), p.wait_for("stderr", "ready"), p.stop()
    """

    def __init__(self, argv, env, cwd, **popen):
        self.argv = [os.fspath(a) for a in argv]
        self.process = subprocess.Popen(self.argv, env=env, cwd=cwd, stdin=popen.pop("stdin", subprocess.DEVNULL),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen)
        self.text = {"stdout": b"", "stderr": b""}
        self.lines = {"stdout": queue.Queue(), "stderr": queue.Queue()}
        self.threads = [threading.Thread(target=self._pump, args=(n,), daemon=True) for n in self.text]
        for t in self.threads:
            t.start()

    def _pump(self, name):
        for line in getattr(self.process, name):
            self.text[name] += line
            self.lines[name].put(line.decode("utf-8", "replace"))
        self.lines[name].put(None)

    def line(self, name="stdout", timeout=TIMEOUT):
        """The next line, or None at the end."""
        try:
            return self.lines[name].get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"{self.argv}: no line on {name} within {timeout} s\n{self.report()}") from None

    def wait_for(self, name, word, timeout=TIMEOUT):
        """Reads lines until one holds `word`, and returns it."""
        deadline = time.monotonic() + timeout
        while True:
            line = self.line(name, max(0.0, deadline - time.monotonic()))
            assert line is not None, f"{self.argv}: ended before {word!r}\n{self.report()}"
            if word in line:
                return line

    def report(self):
        return "".join(f"--- {n}\n{t.decode('utf-8', 'replace')}" for n, t in self.text.items())

    def wait(self, timeout=TIMEOUT, killed_by=()):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.argv}: still running after {timeout} s\n{self.report()}") from None
        for t in self.threads:
            t.join(timeout)
        check_sound(self.argv, code, self.text["stderr"], killed_by)
        return code

    def stop(self, sig=signal.SIGTERM, timeout=TIMEOUT):
        """Sends the signal and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.wait(timeout, killed_by=(sig,) if sig == signal.SIGKILL else ())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for t in self.threads:
            t.join(TIMEOUT)
        self.process.stdout.close()
        self.process.stderr.close()
