"""The process: how it starts, says that it is ready, and ends."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from support.daemon import read_all
from support.run import Running, Tool

TAKEN, CUT = 98, 75
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def tool(nxtraced_path, clean_env, empty_dir):
    return Tool(nxtraced_path, clean_env, empty_dir)


def test_says_where_it_is(plain):
    assert plain.running.wait_for("stdout", "page:").strip() == f"page: {plain.page}"
    assert plain.running.wait_for("stdout", "latest").strip() == f"latest trace: {plain.latest}"
    assert plain.latest == f"{plain.page}traces/latest.json"
    plain.get("/traces/latest.json").expect(200)


def test_quiet_and_verbose(start, recordings):
    quiet = start("--store", recordings / "plain" / "state", "--quiet")
    quiet.get("/traces/latest.json")
    assert quiet.stop() == 0
    assert quiet.running.text == {"stdout": b"", "stderr": b""}
    loud = start("--store", recordings / "plain" / "state", "-v")
    loud.get("/traces/lat%1best.json", X="y")
    loud.get("/healthz")
    loud.running.wait_for("stderr", "200 /healthz")
    assert b"\x1b" not in loud.running.text["stderr"]


@pytest.mark.parametrize("args, words", [
    (["--frob"], "--frob"), (["extra"], "extra"), (["--listen"], "--listen"), (["--listen", "nowhere"], "nowhere"),
    (["--listen", "127.0.0.1:99999"], "99999"), (["--listen", "example.com:80"], "example.com"), (["--jobs", "0"], "jobs"),
    (["--jobs", "x"], "jobs"), (["--cache-size", "many"], "many"), (["--cache-size", "99999999999G"], "cache-size"),
    (["--drain", "-1"], "drain"), (["--rescan", "1h"], "rescan"), (["--allow-origin", "*"], "origin"),
    (["--allow-origin", "https://x.example/"], "origin"), (["--allow-host", "a b"], "host"), (["--store", ""], "store"),
    *((["--perfetto-url", u], "perfetto-url") for u in (
        "", "ui.perfetto.dev", "ftp://x", "https://", "https://a b", "https://x/?q", "https://x/#!", "https://u@x", "https://x:0",
        "https://x:", "https://x:99999", "https://x:1y", "https://[::1", "https://.x", "javascript:alert(1)", 'https://x/"')),
    (["--www-dir", ""], "www-dir"), (["--ready-fd", "x"], "ready-fd"), (["-z"], "-z")])
def test_wrong_command_lines(tool, args, words):
    done = tool(*args).expect(2)
    assert words in done.err and "error: " in done.err and done.out == b""


def test_help_and_version(tool):
    assert "--listen" in tool("--help").expect(0).text
    assert re.fullmatch(r"nxtraced \d+\.\d+\.\d+\n", tool("-V").expect(0).text)


def test_taken_port(plain, tool, recordings):
    done = tool("--listen", f"127.0.0.1:{plain.address[1]}", "--store", recordings / "plain" / "state").expect(TAKEN)
    assert "trace_processor_shell" in done.err and "--listen" in done.err and done.out == b""
    plain.get("/healthz").expect(200)


def test_nextests_own_rules(start, recordings, clean_env, copy_state):
    import shutil
    d = start(env={"NEXTEST_STATE_DIR": str(recordings / "plain" / "state")})
    assert len(d.get("/api/v1/runs").json["runs"]) == 3
    shutil.copytree(recordings / "retries" / "state", os.path.join(clean_env["XDG_STATE_HOME"], "nextest"))
    d = start()
    d.get("/traces/latest.json").expect(200)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_idle(plain, sig):
    keep = plain.connect()
    keep.sendall(GET % b"/healthz")
    assert keep.recv(1000)
    begin = time.monotonic()
    assert plain.stop(sig=sig) == 0
    assert time.monotonic() - begin < 5
    assert keep.recv(1000) == b""
    keep.close()


def begin_download(d, target=b"/traces/latest.json"):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60)
    s.connect(d.address)
    s.sendall(GET % target)
    return s, s.recv(500)


def test_sends_to_the_end_before_it_ends(start, big_store):
    d = start("--store", big_store.state, "--drain", "60")
    whole = d.get("/traces/latest.json").body
    s, got = begin_download(d)
    waiting = d.connect()  # a request whose head is not whole yet is none
    waiting.sendall(b"GET / HTTP/1.1\r\n")
    d.running.process.send_signal(signal.SIGTERM)
    d.running.wait_for("stderr", "still being answered")
    with pytest.raises(OSError):  # nobody new
        c = d.connect()
        c.sendall(GET % b"/healthz")
        assert c.recv(1) == b""
        raise ConnectionRefusedError
    while part := s.recv(65536):
        got += part
        if len(got) > len(whole):
            head, body = got.split(b"\r\n\r\n", 1)
            if len(body) == len(whole):
                break
    assert got.split(b"\r\n\r\n", 1)[1] == whole
    assert d.running.wait() == 0
    s.close()
    waiting.close()


def test_conversion_under_way_is_finished(start, big_store):
    d = start("--store", big_store.state, "--drain", "60")
    with d.connect() as s:
        s.sendall(GET % b"/traces/latest.pretty.json")
        d.get("/healthz")
        d.running.process.send_signal(signal.SIGTERM)
        with s.makefile("rb") as f:
            first = f.readline()
            # Taken in before the signal: answered. Else refused, in words.
            assert first.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), first
            f.read()
    assert d.running.wait() == 0


def test_a_second_signal_ends_it_at_once(start, big_store):
    d = start("--store", big_store.state, "--drain", "60")
    d.get("/traces/latest.json")
    s, _ = begin_download(d)
    d.running.process.send_signal(signal.SIGTERM)
    d.running.wait_for("stderr", "still being answered")
    assert d.running.process.poll() is None
    assert d.stop() == CUT
    s.close()


def test_deadline(start, big_store):
    d = start("--store", big_store.state, "--drain", "1")
    d.get("/traces/latest.json")
    s, _ = begin_download(d)
    begin = time.monotonic()
    assert d.stop() == CUT
    assert 0.5 < time.monotonic() - begin < 20
    assert "deadline" in d.running.text["stderr"].decode()
    s.close()


def listening():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    return s


def activated(nxtraced_path, env, cwd, fds, *args, pid="$$", n=None):
    """Starts it as systemd does: sockets from descriptor 3 on, LISTEN_PID naming the process itself."""
    r, w = os.pipe()
    moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(fds))
    shell = (f'LISTEN_PID={pid} LISTEN_FDS={len(fds) if n is None else n} exec "$0" --ready-fd 9 "$@" '
             f'9>&{w} {w}>&- {moves}')
    p = Running(["bash", "-c", shell, str(nxtraced_path), *map(str, args)], env=env, cwd=cwd, pass_fds=(w, *fds))
    os.close(w)
    return p, r


def test_socket_activation(nxtraced_path, clean_env, empty_dir, recordings):
    with listening() as s:
        port = s.getsockname()[1]
        early = socket.create_connection(("127.0.0.1", port))  # before there is a daemon
        early.sendall(GET % b"/traces/latest.json")
        p, r = activated(nxtraced_path, clean_env, empty_dir, [s.fileno()], "--store", recordings / "plain" / "state")
        with p:
            assert read_all(r).decode().splitlines()[0] == f"http://127.0.0.1:{port}/"
            os.close(r)
            assert early.recv(12) == b"HTTP/1.1 200"
            assert p.stop() == 0
        early.close()
        again = socket.create_connection(("127.0.0.1", port))  # the socket is systemd's, and stays open
        again.close()


def test_sockets_that_do_not_fit(nxtraced_path, clean_env, empty_dir):
    with listening() as a, listening() as b, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        for fds in ([a.fileno(), b.fileno()], [udp.fileno()]):
            p, r = activated(nxtraced_path, clean_env, empty_dir, fds)
            with p:
                assert p.wait() == 2
            assert b"LISTEN_FDS" in p.text["stderr"]
            os.close(r)


def test_sockets_for_somebody_else(nxtraced_path, clean_env, empty_dir):
    with listening() as s:
        p, r = activated(nxtraced_path, clean_env, empty_dir, [s.fileno()], "--listen", "127.0.0.1:0", pid="1")
        with p:
            assert not read_all(r).decode().startswith(f"http://127.0.0.1:{s.getsockname()[1]}/")
            os.close(r)
            assert p.stop() == 0


@pytest.mark.parametrize("abstract", [False, True])
def test_tells_systemd(start, recordings, tmp_path, abstract):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.settimeout(60)
        name = f"nx-test-{os.getpid()}-{time.monotonic_ns()}" if abstract else os.path.relpath(tmp_path / "notify")
        s.bind("\0" + name if abstract else name)
        d = start("--store", recordings / "plain" / "state",
                  env={"NOTIFY_SOCKET": "@" + name if abstract else str(tmp_path / "notify")})
        assert s.recv(1000) == b"READY=1"
        assert d.stop() == 0
        assert s.recv(1000) == b"STOPPING=1"


def test_journal_levels(nxtraced_path, clean_env, empty_dir, tmp_path):
    log = tmp_path / "log"
    for claims in (True, False):
        with open(log, "wb") as f:
            st = os.fstat(f.fileno())
            stream = f"{st.st_dev}:{st.st_ino if claims else st.st_ino + 1}"
            run_briefly(nxtraced_path, {**clean_env, "JOURNAL_STREAM": stream}, empty_dir, f)
        first = log.read_text().splitlines()[0]
        assert first.startswith("<4>" if claims else "nxtraced: warning: "), first


def run_briefly(path, env, cwd, err):
    r, w = os.pipe()
    p = subprocess.Popen([path, "--listen", "127.0.0.1:0", "--store", "/proc/nowhere", "--cache-dir", "/proc/x",
                          "--ready-fd", str(w)], env=env, cwd=cwd, stderr=err, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, pass_fds=(w,))
    os.close(w)
    read_all(r)
    os.close(r)
    p.terminate()
    assert p.wait(60) == 0


def test_stdout_that_is_gone(nxtraced_path, clean_env, empty_dir, recordings):
    # Whoever started it may not care for what it says.
    r, w = os.pipe()
    os.close(r)
    with open("/dev/full", "wb") as full:
        q, ready = os.pipe()
        p = subprocess.Popen([nxtraced_path, "--listen", "127.0.0.1:0", "--store", recordings / "plain" / "state", "--ready-fd",
                              str(ready)], env=clean_env, cwd=empty_dir, stdin=subprocess.DEVNULL, stdout=w, stderr=full,
                             pass_fds=(ready,))
        os.close(ready)
        assert read_all(q).startswith(b"http://")
        os.close(q)
        os.close(w)
        p.terminate()
        assert p.wait(60) == 0


def test_two_on_one_cache(start, recordings, tmp_path):
    args = ("--store", recordings / "plain" / "state", "--cache-dir", tmp_path / "c")
    a, b = start(*args), start(*args)
    for d in (a, b, a):
        assert d.get("/traces/latest.json").expect(200).body == a.get("/traces/latest.json").body
    assert len(list((tmp_path / "c").iterdir())) == 1


def test_a_store_being_read_is_not_written(start, copy_state):
    state = copy_state("plain")
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(state.rglob("*"))}
    d = start("--store", state)
    d.get("/traces/latest.json").expect(200)
    d.get("/api/v1/runs/latest").expect(200)
    assert d.stop() == 0
    assert {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(state.rglob("*"))} == before


def test_a_terminal_that_goes_takes_it_along(nxtraced_path, clean_env, empty_dir, recordings):
    import pty
    master, slave = pty.openpty()
    r, w = os.pipe()
    p = subprocess.Popen([nxtraced_path, "--listen", "127.0.0.1:0", "--store", recordings / "plain" / "state", "--ready-fd",
                          str(w)], env=clean_env, cwd=empty_dir, stdin=slave, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, pass_fds=(w,))
    os.close(w)
    assert read_all(r)
    os.close(r)
    p.send_signal(signal.SIGHUP)
    assert b"the terminal" in p.stderr.read()
    assert p.wait(60) == 0
    p.stderr.close()
    os.close(master)
    os.close(slave)


def test_too_many_conversions_are_told_to_come_back(start, many_big):
    d = start("--store", many_big.state, "--cache-size", "0", "--jobs", "1")
    ids = [r["id"] for r in d.get("/api/v1/runs?limit=1000").json["runs"]]
    targets = [f"/traces/{i}{form}.json" for form in ("", ".slot", ".pretty", ".slot.pretty") for i in ids]
    assert len(targets) == 200
    asked = []
    for t in targets:
        s = d.connect()
        s.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % t.encode())
        asked.append(s)
    answers = []
    for s in asked:
        with s, s.makefile("rb") as f:
            answers.append(f.read())
    statuses = {a.split()[1] for a in answers}
    assert statuses == {b"200", b"503"}
    for a in answers:
        if a.startswith(b"HTTP/1.1 503"):
            assert b"\r\nRetry-After: 2\r\n" in a and b'"code":"busy"' in a
        else:
            assert a.endswith(b"}\n") or a.endswith(b"}"), a[-100:]
    d.get(targets[0]).expect(200)


def test_short_work_does_not_wait_for_conversions(start, many_big):
    d = start("--store", many_big.state, "--cache-size", "0", "--jobs", "1")
    ids = [r["id"] for r in d.get("/api/v1/runs?limit=1000").json["runs"]]
    busy = []
    for i in ids[:20]:
        s = d.connect()
        s.sendall(GET % f"/traces/{i}.json".encode())
        busy.append(s)
    begin = time.monotonic()
    for _ in range(10):
        d.get("/api/v1/runs?limit=5").expect(200)
        d.get("/").expect(200)
    short = time.monotonic() - begin
    for s in busy:
        assert s.recv(12) == b"HTTP/1.1 200"
        s.close()
    assert short < time.monotonic() - begin


def test_once(start, recordings, plain_runs):
    """It serves all that it is asked for until one trace was sent whole; then it ends well."""
    d = start("--store", recordings / "plain" / "state", "--once")
    run = plain_runs[0]["run-id"]
    for target in ("/", "/healthz", "/api/v1/runs"):
        d.get(target).expect(200)
    d.get("/traces/ffffffff.json").expect(404)
    d.get(f"/traces/{run}.json", method="HEAD").expect(200)
    d.get(f"/traces/{run}.json", Range="bytes=0-9").expect(206)
    assert d.get(f"/traces/{run}.json").expect(200).json
    assert d.running.wait() == 0


def test_once_not_modified(start, recordings, plain_runs):
    """A client that has the trace needs nothing more."""
    whole = start("--store", recordings / "plain" / "state", "--once")
    run = plain_runs[0]["run-id"]
    tag = whole.get(f"/traces/{run}.json").expect(200).header("ETag")
    assert whole.running.wait() == 0
    d = start("--store", recordings / "plain" / "state", "--once")
    d.get(f"/traces/{run}.json", If_None_Match=tag).expect(304)
    assert d.running.wait() == 0


def test_once_cut_short(start, recordings, big_store):
    """Who goes away in the middle has not fetched it; told to end before, it says so by its status."""
    d = start("--store", big_store.state, "--once")
    with d.connect() as s:
        s.sendall(f"GET /traces/latest.json HTTP/1.1\r\nHost: {d.host}\r\n\r\n".encode())
        assert s.recv(1000).startswith(b"HTTP/1.1 200")
    d.get("/healthz").expect(200)
    assert d.stop() == 75
