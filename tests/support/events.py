"""Reads server-sent events of a running daemon."""
import contextlib
import http.client
import json
import time

from support.run import TIMEOUT


class Event:
    def __init__(self, fields):
        self.id, self.name = fields.get("id"), fields.get("event")
        self.data = json.loads(fields["data"]) if "data" in fields else None

    def __repr__(self):
        return f"<{self.id} {self.name} {self.data}>"


class Stream:
    """with Stream(d) as s: s.next(), s.until("run-finished")"""

    def __init__(self, daemon, target="/api/v1/events", timeout=TIMEOUT, **headers):
        self.timeout = timeout
        self.connection = http.client.HTTPConnection(*daemon.address, timeout=timeout)
        self.connection.request("GET", target, headers={"Host": daemon.host,
                                                        **{k.replace("_", "-"): v for k, v in headers.items()}})
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        self.last_id, self.seen, self.comments = None, [], 0
        fields = self.block()  # the first block is no event: it says from where to go on
        self.first = Event(fields)
        assert self.first.name in (None, "reset"), fields

    def block(self):
        """The fields of the next block; {} at the end of the stream. Comments are counted."""
        fields, deadline = {}, time.monotonic() + self.timeout
        while True:
            assert time.monotonic() < deadline, f"no event within {self.timeout} s after {self.seen}"
            line = self.response.readline().decode()
            if not line:
                assert not fields, f"cut in the middle: {fields}"
                return {}
            line = line.rstrip("\n")
            if not line:
                if fields:
                    self.last_id = fields.get("id", self.last_id)
                    return fields
            elif line.startswith(":"):
                self.comments += 1
            else:
                name, value = line.split(":", 1)
                assert name not in fields, fields
                fields[name] = value.removeprefix(" ")

    def next(self):
        """The next event, or None at the end."""
        fields = self.block()
        if not fields:
            return None
        self.seen.append(Event(fields))
        return self.seen[-1]

    def until(self, name, check=lambda e: True):
        while True:
            e = self.next()
            assert e is not None, f"no {name} before the end: {self.seen}"
            if e.name == name and check(e):
                return e

    def close(self):
        self.response.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *a):
        with contextlib.suppress(OSError):
            self.close()
