"""Clients that are slow, gone, or speak nonsense: each gets what it deserves, and nobody else notices."""
import random
import resource
import socket
import struct
import time

import pytest

from support.daemon import eventually

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
CLOSE = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def short(data):
    return repr(data[:40])


@pytest.mark.parametrize("data", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"GET / FTP/1.1\r\n\r\n", b"\0" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 200, b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n", b"get / http/1.1\r\nhost: localhost\r\n\r\n", b"GET / HTTP/1.1\nHost: localhost\n\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"GET nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\xff" * 5000,
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nRange: \xff\r\n\r\n"], ids=short)
def test_nonsense(plain, data):
    # Some of it is a question that could go on: then there is no answer yet.
    answer = plain.raw(data, patience=0.2)
    assert answer == b"" or answer.startswith(b"HTTP/1."), answer
    plain.get("/healthz").expect(200)


def test_random_bytes(plain):
    rng = random.Random(7)
    template = b"GET /traces/latest.json?a=b HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip\r\n\r\n"
    for _ in range(300):
        data = bytearray(template)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at] = rng.randrange(256)
            else:
                del data[at:at + rng.randint(1, 20)]
        plain.raw(bytes(data), patience=0.02)
    plain.get("/healthz").expect(200)


@pytest.mark.parametrize("n, statuses", [(100, (404,)), (8000, (404,)), (9000, (400, 414)), (40000, (414, 431, 400)),
                                         (1 << 20, (414, 431, 400))])
def test_long_addresses(plain, n, statuses):
    try:
        answer = plain.raw(CLOSE % (b"/" + b"a" * n))
    except OSError:
        answer = b""  # refused while we were still sending
    if answer or n <= 9000:
        assert int(answer.split()[1]) in statuses
    plain.get("/healthz").expect(200)


def test_bodies(plain):
    for method in ("GET", "POST", "PUT"):
        got = plain.get("/healthz", method, body=b"x" * 60000)
        assert got.status == (200 if method == "GET" else 405)
        assert plain.get("/healthz", method, body=b"x" * (64 * 1024 + 1)).expect(413).code == "too-large"
    # Announced only: the answer comes before the body would.
    answer = plain.raw(b"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n"
                       b"Expect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413") and b"Connection: close" in answer
    # Without a length: read and thrown away up to a point, then the answer or the end.
    chunk = b"2000\r\n" + b"y" * 0x2000 + b"\r\n"
    answer = plain.raw(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 10 +
                       b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    with plain.connect() as s:
        s.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(10000):
                s.sendall(chunk)
    plain.get("/healthz").expect(200)


def read_answer(f):
    status = int(f.readline().split()[1])
    n = 0
    while (line := f.readline()) != b"\r\n":
        assert line
        if line.lower().startswith(b"content-length:"):
            n = int(line.split(b":")[1])
    return status, f.read(n)


def test_many_requests_on_one_connection(plain):
    with plain.connect() as s, s.makefile("rb") as f:
        for i in range(50):
            target = [b"/traces/latest.json", b"/api/v1/runs", b"/nothing", b"/healthz", b"/traces/xyz.json"][i % 5]
            s.sendall(GET % target)
            assert read_answer(f)[0] == [200, 200, 404, 200, 400][i % 5]


def test_pipelined(plain):
    targets = [b"/healthz", b"/traces/latest.json", b"/nothing", b"/api/v1/runs", b"/traces/latest.slot.json"] * 4
    with plain.connect() as s, s.makefile("rb") as f:
        s.sendall(b"".join(GET % t for t in targets))
        for t in targets:
            assert read_answer(f)[0] == (404 if t == b"/nothing" else 200)



def test_slow_clients_hold_nobody_up(plain):
    slow = [plain.connect() for _ in range(200)]
    try:
        for byte in GET % b"/traces/latest.json":
            for s in slow:
                s.sendall(bytes([byte]))
            begin = time.monotonic()
            plain.get("/traces/latest.json").expect(200)
            assert time.monotonic() - begin < 5
        for s in slow:
            with s.makefile("rb") as f:
                assert read_answer(f)[0] == 200
    finally:
        for s in slow:
            s.close()


def test_stalled_readers_hold_nobody_up(big_store, start):
    d = start("--store", big_store.state)
    whole = d.get("/traces/latest.json").expect(200).body
    assert len(whole) > 4 << 20
    stalled = []
    for _ in range(50):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(d.address)
        s.sendall(GET % b"/traces/latest.json")
        assert s.recv(100)
        stalled.append(s)
    for _ in range(5):
        assert d.get("/traces/latest.json").body == whole
        d.get("/healthz").expect(200)
    with stalled[0].makefile("rb") as f:  # and they still get theirs
        rest = f.read(len(whole) - 4096)
        assert len(rest) == len(whole) - 4096
    for s in stalled:
        s.close()


def test_clients_that_vanish(big_store, start):
    d = start("--store", big_store.state)
    d.get("/traces/latest.json").expect(200)
    d.get("/healthz")
    before = d.fds()
    for i in range(200):
        s = d.connect()
        s.sendall(GET % b"/traces/latest.json")
        if i % 4:
            s.recv(1000)
        if i % 2:  # reset rather than closed
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    eventually(lambda: d.fds() <= before, "the descriptors of clients that are gone are closed")
    d.get("/traces/latest.json").expect(200)


def test_clients_that_vanish_while_they_wait(big_store, start):
    d = start("--store", big_store.state, "--cache-size", "0", "--jobs", "1")
    d.get("/healthz")
    before = d.fds()
    for _ in range(20):
        s = d.connect()
        s.sendall(GET % b"/traces/latest.json")
        s.close()
    eventually(lambda: d.fds() <= before, "what was made for clients that are gone is given back")
    d.get("/healthz").expect(200)


def test_no_descriptor_leaks(plain):
    targets = ["/", "/traces/latest.json", "/traces/latest.slot.json", "/traces/xyz.json", "/api/v1/runs", "/nothing",
               "/api/v1/runs/latest", "/healthz"]
    for t in targets:
        plain.get(t)
    eventually(lambda: plain.fds(), "it runs")
    before = plain.fds()
    tag = plain.get(targets[1]).header("ETag")
    for i in range(200):
        plain.get(targets[i % len(targets)], Accept_Encoding=["gzip", None, "zstd"][i % 3],
                  Range="bytes=0-1" if i % 5 == 0 else None, If_None_Match=tag if i % 7 == 0 else None)
    eventually(lambda: plain.fds() <= before, f"no more descriptors than before ({before})")


def test_clients_that_vanish_in_the_middle_of_a_question(plain):
    # Their end comes together with their last bytes, which makes no event of its own.
    plain.get("/healthz")
    before = plain.fds()
    for i in range(300):
        s = plain.connect()
        s.sendall((GET % b"/traces/latest.json")[:1 + i % 40])
        s.close()
    half = plain.connect()
    half.sendall(GET % b"/healthz")
    half.shutdown(socket.SHUT_WR)  # no more questions on this one either
    while half.recv(1000):
        pass
    half.close()
    eventually(lambda: plain.fds() <= before, "their connections are closed, long before they time out", timeout=20)


def test_idle_connections_stay_open(plain):
    with plain.connect() as s, s.makefile("rb") as f:
        for _ in range(3):
            s.sendall(GET % b"/healthz")
            assert read_answer(f)[0] == 200
            time.sleep(1.3)  # longer than it takes to look at idle ones


@pytest.mark.parametrize("descriptors", [64, 256])
def test_too_many_idle_connections_make_room(start, recordings, descriptors):
    d = start("--store", recordings / "plain" / "state",
              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)))
    idle = [d.connect() for _ in range(descriptors // 2)]
    try:
        for s in idle[:20]:
            s.sendall(b"GET / HT")
        d.get("/traces/latest.json").expect(200)
        d.get("/traces/latest.slot.json").expect(200)
    finally:
        for s in idle:
            s.close()
