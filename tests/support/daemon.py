"""Starts nxtraced on a free port and talks to it: http.client for ordinary requests, raw sockets for the rest."""
import contextlib
import hashlib
import http.client
import json
import os
import select
import socket
import time

from support.run import TIMEOUT, Running


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()

    def expect(self, status):
        assert self.status == status, f"{self.status} {self.headers}\n{self.body[:2000]!r}"
        return self

    @property
    def code(self):
        """The code of a JSON error."""
        assert self.header("Content-Type") == "application/json", self.headers
        assert set(self.json) == {"error"}
        return self.json["error"]["code"]


def read_all(fd, timeout=TIMEOUT):
    """Everything until the other side closes it."""
    out, deadline = b"", time.monotonic() + timeout
    while True:
        ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"nothing more came within {timeout} s after {out!r}"
        part = os.read(fd, 65536)
        if not part:
            return out
        out += part


def eventually(check, what, timeout=TIMEOUT):
    """Calls check() until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        got = check()
        if got:
            return got
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)


class Daemon:
    """A running nxtraced. with Daemon(...) as d: d.get("/healthz")"""

    def __init__(self, path, env, cwd, *args, listen="127.0.0.1:0", wait=True, pass_fds=(), **popen):
        r, w = os.pipe()
        argv = [path, *(["--listen", listen] if listen else []), "--ready-fd", str(w), *args]
        try:
            self.running = Running(argv, env=env, cwd=cwd, pass_fds=(w, *pass_fds), **popen)
        finally:
            os.close(w)
        self.ready_fd, self.address = r, None
        if wait:
            self.wait_ready()

    def wait_ready(self):
        lines = read_all(self.ready_fd).decode().split()
        assert len(lines) == 2, f"not ready: {lines}\n{self.running.report()}"
        self.page, self.latest = lines
        host, port = self.page.removeprefix("http://").removesuffix("/").rsplit(":", 1)
        self.host = f"{host}:{port}"
        self.address = (host.strip("[]"), int(port))
        return self

    @property
    def pid(self):
        return self.running.process.pid

    def connect(self, timeout=TIMEOUT):
        return socket.create_connection(self.address, timeout=timeout)

    def get(self, target, method="GET", body=None, **headers):
        """One request on a connection of its own. Header names are given with _ for -."""
        c = http.client.HTTPConnection(*self.address, timeout=TIMEOUT)
        with contextlib.closing(c):
            c.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            headers = {k.replace("_", "-"): v for k, v in headers.items()}
            headers.setdefault("Host", self.host)
            for k, v in headers.items():
                if v is not None:
                    c.putheader(k, v)
            if body is not None:
                c.putheader("Content-Length", str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            return Response(r.status, r.getheaders(), r.read())

    def raw(self, data, timeout=TIMEOUT, patience=None):
        """Sends bytes, and returns all that comes until the other side closes. With patience it may also be reset, or
        say nothing for so many seconds."""
        out = b""
        with self.connect(timeout) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                s.settimeout(patience or timeout)
                while part := s.recv(65536):
                    out += part
            except OSError:
                if not patience:
                    raise
            return out

    def stop(self, **kw):
        return self.running.stop(**kw)

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def __enter__(self):
        self.running.__enter__()
        return self

    def __exit__(self, *a):
        os.close(self.ready_fd)
        alive = self.running.process.poll() is None
        try:
            if alive and a[0] is None:
                # Every test ends with a daemon that has closed everything: it says so by its exit status.
                assert self.running.stop() == 0, self.running.report()
        finally:
            self.running.__exit__(*a)
