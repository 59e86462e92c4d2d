"""Who may read: CORS for pages, the Host header against rebound names."""
import pytest

UI = "https://ui.perfetto.dev"
FOREIGN = ["https://evil.example", "https://ui.perfetto.dev/", "https://ui.perfetto.dev.evil.example", "http://ui.perfetto.dev",
           "https://UI.perfetto.dev", "null", "", "https://ui.perfetto.dev:444"]
ANSWERS = [("/traces/latest.json", 200), ("/traces/ffff.json", 404), ("/traces/xyz.json", 400), ("/api/v1/runs", 200),
           ("/api/v1/runs?limit=x", 400), ("/healthz", 200), ("/", 200), ("/nothing", 404), ("/%", 400)]


@pytest.mark.parametrize("target, status", ANSWERS)
def test_an_allowed_origin_reads_everything(plain, target, status):
    for method in ("GET", "HEAD"):
        got = plain.get(target, method, Origin=UI).expect(status)
        assert got.header("Access-Control-Allow-Origin") == UI
        assert "Origin" in got.header("Vary").split(", ")
        assert "X-Nxtrace-Missing" in got.header("Access-Control-Expose-Headers")
        assert got.header("Access-Control-Allow-Credentials") is None
    post = plain.get(target, "POST", Origin=UI)
    assert post.status in (405, 404, 400) and post.header("Access-Control-Allow-Origin") == UI


@pytest.mark.parametrize("target, status", ANSWERS)
def test_others_get_no_permission(plain, target, status):
    for origin in [*FOREIGN, None]:
        got = plain.get(target, Origin=origin).expect(status)
        assert got.header("Access-Control-Allow-Origin") is None
        assert "Origin" in got.header("Vary").split(", ")


def test_also_on_304_206_416_413(plain):
    tag = plain.get("/traces/latest.json").header("ETag")
    for status, headers in ((304, {"If_None_Match": tag}), (206, {"Range": "bytes=0-1"}), (416, {"Range": "bytes=99999999-"})):
        got = plain.get("/traces/latest.json", Origin=UI, **headers).expect(status)
        assert got.header("Access-Control-Allow-Origin") == UI
    got = plain.get("/traces/latest.json", "POST", body=b"x" * 70000, Origin=UI).expect(413)
    assert got.header("Access-Control-Allow-Origin") == UI


@pytest.mark.parametrize("target", ["/traces/latest.json", "/api/v1/runs", "/healthz"])
def test_preflight(plain, target):
    ask = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "range"}
    got = plain.get(target, "OPTIONS", Origin=UI, **ask).expect(204)
    assert got.header("Access-Control-Allow-Origin") == UI
    assert got.header("Access-Control-Allow-Methods") == "GET, HEAD"
    assert "Range" in got.header("Access-Control-Allow-Headers")
    assert "Origin" in got.header("Vary")
    for origin in FOREIGN:
        refused = plain.get(target, "OPTIONS", Origin=origin, **ask).expect(403)
        assert refused.code == "forbidden" and refused.header("Access-Control-Allow-Origin") is None


def test_origins_of_ones_own(start, recordings):
    mine = ["https://perfetto.team.example:8443", "http://127.0.0.1:8080"]
    d = start("--store", recordings / "plain" / "state", "--allow-origin", mine[0], "--allow-origin", mine[1])
    for origin in mine:
        for _ in range(2):
            assert d.get("/api/v1/runs", Origin=origin).header("Access-Control-Allow-Origin") == origin
    assert d.get("/api/v1/runs", Origin=UI).header("Access-Control-Allow-Origin") is None


def test_kept_answers_do_not_mix_origins(plain):
    for _ in range(3):
        assert plain.get("/api/v1/runs", Origin=UI).header("Access-Control-Allow-Origin") == UI
        assert plain.get("/api/v1/runs").header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9001", "127.0.0.1:1", "localhost", "LocalHost:80", "[::1]",
                                  "[::1]:9001", "[0:0:0:0:0:0:0:1]:5"])
def test_our_names(plain, host):
    plain.get("/api/v1/runs", Host=host).expect(200)
    plain.get("/traces/latest.json", Host=host).expect(200)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9001", "localhost.evil.example", "127.0.0.1.evil.example",
                                  "localhost.", "127.0.0.2", "10.0.0.1", "0.0.0.0", "[::2]", "[::1", "::1", "127.1", "2130706433",
                                  "localhost:x", "localhost:9001:1", "user@localhost", "", ":9001", "127.0.0.1 ",
                                  "ui.perfetto.dev", "x" * 300])
def test_rebound_names_read_nothing(plain, host):
    for target in ("/", "/traces/latest.json", "/api/v1/runs", "/healthz", "/nothing"):
        for method in ("GET", "POST", "OPTIONS"):
            got = plain.get(target, method, Host=host, Origin=UI)
            if host == "127.0.0.1 ":  # white space around a value is none of it
                assert got.status != 403
            else:
                assert got.expect(403).code == "forbidden"
                assert b"orchard" not in got.body


def test_names_of_ones_own(start, recordings):
    d = start("--store", recordings / "plain" / "state", "--allow-host", "traces.team.example", "--allow-host", "box")
    for host in ("traces.team.example", "TRACES.team.example:80", "box:9001", "127.0.0.1"):
        d.get("/api/v1/runs", Host=host).expect(200)
    d.get("/api/v1/runs", Host="other.team.example").expect(403)


def test_host_of_the_target_counts(plain):
    raw = plain.raw(b"GET http://evil.example/api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 403")
    raw = plain.raw(b"GET http://127.0.0.1/api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200")


def test_two_host_headers(plain):
    raw = plain.raw(b"GET /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 400")


def test_no_host_header(plain):
    assert plain.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert b" 200 OK" in plain.raw(b"GET /healthz HTTP/1.0\r\n\r\n").splitlines()[0]  # no browser speaks 1.0


def test_everywhere(start, recordings):
    d = start("--store", recordings / "plain" / "state", listen="0.0.0.0:0")
    assert d.page.startswith("http://127.0.0.1:")
    for host in ("127.0.0.1", "10.1.2.3:9001", "[fe80::1]:1"):
        d.get("/api/v1/runs", Host=host).expect(200)
    d.get("/api/v1/runs", Host="evil.example").expect(403)
    assert "everybody" in d.running.wait_for("stderr", "warning")


def test_ipv6(start, recordings):
    d = start("--store", recordings / "plain" / "state", listen="[::1]:0")
    assert d.page.startswith("http://[::1]:")
    d.get("/traces/latest.json").expect(200)
