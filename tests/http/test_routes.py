"""Every route: what it answers to whom, and that the tables, the documents and the daemon say the same."""
import re

import pytest

from support.daemon import eventually

LATEST = "/traces/latest.json"
ROUTES = ["/", "/www/app.js", "/healthz", "/readyz", "/api/v1/workspaces", "/api/v1/runs", "/api/v1/runs/latest",
          "/api/v1/workspaces/_ssrc_sorchard/runs", "/api/v1/workspaces/_ssrc_sorchard/runs/latest", LATEST,
          "/traces/latest.slot.json", "/traces/latest.pretty.json", "/traces/latest.slot.pretty.json", "/traces/latest.perfetto.json",
          "/traces/latest/a title.json".replace(" ", "%20"), "/workspaces/_ssrc_sorchard/traces/latest.json",
          "/workspaces/_ssrc_sorchard/traces/latest/x.slot.json"]


@pytest.mark.parametrize("route", ROUTES)
def test_get_head_options_and_no_more(plain, route):
    got = plain.get(route).expect(200)
    head = plain.get(route, "HEAD").expect(200)
    assert head.body == b""
    dates = ("date",)
    assert [h for h in got.headers if h[0].lower() not in dates] == [h for h in head.headers
                                                                     if h[0].lower() not in dates]
    assert int(head.header("Content-Length")) == len(got.body) > 0
    assert got.header("X-Content-Type-Options") == "nosniff"
    assert "Origin" in got.header("Vary")
    options = plain.get(route, "OPTIONS").expect(204)
    assert options.header("Allow") == "GET, HEAD, OPTIONS"
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "FROB"):
        refused = plain.get(route, method).expect(405)
        assert refused.header("Allow") == "GET, HEAD, OPTIONS"
        assert refused.code == "method-not-allowed"


@pytest.mark.parametrize("target", [
    "/status", "/websocket", "/nothing", "/api", "/api/v1", "/api/v1/", "/api/v1/runs/", "/api/v2/runs", "/traces",
    "/traces/", "/traces/.json", "/traces/latest", "/traces/latest.txt", "/traces/latest.json/", "/traces/a/b/c.json",
    "/traces//x.json", "//", "//healthz", "/healthz/", "/healthz.json", "/HEALTHZ", "/index.html", "/favicon.ico",
    "/workspaces", "/workspaces/x", "/workspaces//traces/latest.json", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_nothing_else_is_served(plain, target, method):
    assert plain.get(target, method).expect(404).code == "not-found"


def test_perfetto_does_not_take_us_for_trace_processor(plain):
    # What the UI sends to port 9001 on start: an empty body and its origin. Anything but 404 or 405 makes it try RPC.
    answer = plain.get("/status", "POST", body=b"", Origin="https://ui.perfetto.dev").expect(404)
    assert answer.header("Access-Control-Allow-Origin") == "https://ui.perfetto.dev"


@pytest.mark.parametrize("target, status", [
    ("/traces/../../etc/passwd", 404), ("/traces/%2e%2e/%2e%2e/etc/passwd", 404), ("/../../../etc/passwd", 404),
    ("/traces/..%2f..%2fetc%2fpasswd.json", 400), ("/traces/%2e%2e.json", 400), ("/traces/...json", 400),
    ("/workspaces/../traces/latest.json", 404), ("/workspaces/..%2f..%2f/traces/latest.json", 404),
    ("/workspaces/%2e%2e/traces/latest.json", 404), ("/traces/%00.json", 400), ("/traces/latest%00.json", 400),
    ("/traces/latest.json%00", 400), ("/%", 400), ("/%zz", 400), ("/traces/%4.json", 400), ("/traces/%c3%28.json", 400),
    ("/traces//etc/passwd.json", 404), ("/traces/%2fetc%2fpasswd.json", 400), ("/traces/x.zip.json", 400)])
def test_paths_out_of_the_store(plain, target, status):
    answer = plain.get(target).expect(status)
    assert b"root:" not in answer.body
    assert answer.code in ("not-found", "usage", "invalid-selector")


@pytest.mark.parametrize("target, status, code", [
    ("/api/v1/runs?limit=1", 200, None), ("/api/v1/runs?limit=1000", 200, None), ("/api/v1/runs?", 200, None),
    ("/api/v1/runs?limit=0", 400, "usage"), ("/api/v1/runs?limit=1001", 400, "usage"),
    ("/api/v1/runs?limit=-1", 400, "usage"), ("/api/v1/runs?limit=x", 400, "usage"), ("/api/v1/runs?limit", 400, "usage"),
    ("/api/v1/runs?limit=99999999999999999999999", 400, "usage"), ("/api/v1/runs?after=nonsense", 400, "usage"),
    ("/api/v1/runs?limit=1&x=y", 400, "usage"), ("/api/v1/runs?%", 400, "usage"),
    ("/api/v1/runs?workspace=_ssrc_sorchard", 200, None), ("/api/v1/runs?workspace=nope", 404, "not-found"),
    ("/api/v1/workspaces?x=1", 400, "usage"), ("/api/v1/workspaces/nope/runs", 404, "not-found"),
    ("/api/v1/runs/ffffffff", 404, "not-found"), ("/api/v1/runs/xyz", 400, "invalid-selector"),
    ("/traces/latest.json?whatever=1", 200, None)])
def test_parameters(plain, target, status, code):
    answer = plain.get(target).expect(status)
    if code:
        assert answer.code == code
        assert answer.json["error"]["message"]


def test_runs_page_by_page(start, recordings):
    d = start("--store", recordings / "many-runs" / "before-prune" / "state")
    everything = [r["id"] for r in d.get("/api/v1/runs?limit=1000").json["runs"]]
    assert len(everything) > 3
    found, after = [], ""
    while True:
        page = d.get(f"/api/v1/runs?limit=2{after}").expect(200).json
        found += [r["id"] for r in page["runs"]]
        assert len(page["runs"]) <= 2
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == everything
    assert len(d.get("/api/v1/runs").json["runs"]) == min(100, len(everything))


def test_answers_are_those_of_nxctl(plain, nxctl, recordings, plain_runs):
    store = ("--store", recordings / "plain" / "state")
    assert nxctl("list", "--json", "--all", *store).expect(0).out == plain.get("/api/v1/runs?limit=1000").body
    for run in plain_runs:
        assert nxctl("info", "--json", run["run-id"], *store).expect(0).out == \
            plain.get(f"/api/v1/runs/{run['run-id']}").body


def test_an_empty_store(start, tmp_path):
    d = start("--store", tmp_path / "nothing")
    d.get("/").expect(200)
    assert d.get("/traces/latest.json").expect(404).code == "no-store"
    (tmp_path / "nothing" / "projects").mkdir(parents=True)
    eventually(lambda: d.get("/traces/latest.json").expect(404).code == "no-runs", "the folder is seen")
    assert d.get("/api/v1/runs").expect(200).json["runs"] == []
    assert d.get("/readyz").expect(200)


def rows(source_dir, path, macro):
    text = re.sub(r"/\*.*?\*/", "", (source_dir / path).read_text(), flags=re.S)
    out = []
    for call in re.findall(macro + r"\((.*?)\)\n", text, flags=re.S):
        first, rest = call.split(",", 1)
        out.append((first.strip(), ["".join(re.findall(r'"([^"]*)"', s)) for s in re.split(r',\s*(?=["0\'])', rest)]))
    assert out, path
    return out


def patterns(source_dir):
    text = re.sub(r"/\*.*?\*/", "", (source_dir / "daemon/routes.def").read_text(), flags=re.S)
    return re.findall(r'NXD_ROUTE\(\w+, "([^"]+)"', text)


def test_routes_of_the_api_are_its_questions(source_dir):
    text = re.sub(r"/\*.*?\*/", "", (source_dir / "src/api/questions.def").read_text(), flags=re.S)
    questions = re.findall(r'NX_QUESTION\(\w+, "[^"]*", "([^"]*)"', text)
    assert len(questions) >= 12
    assert set(q for q in questions if q) <= set(patterns(source_dir))


def test_routes_are_documented(source_dir):
    doc = (source_dir / "doc/HTTP.md").read_text()
    table = re.findall(r"^\| `(/[^`]*|\[/[^`]*)` \|", doc, flags=re.M)
    assert table == patterns(source_dir)


def test_options_are_documented(source_dir, nxtraced_path, clean_env, empty_dir):
    from support.run import Tool
    text = re.sub(r"/\*.*?\*/", "", (source_dir / "daemon/options.def").read_text(), flags=re.S)
    options = re.findall(r'NXD_OPT\(\w+, "([^"]+)", (\S+), "([^"]*)",', text)
    assert len(options) >= 10
    man = (source_dir / "man/nxtraced.8").read_text().replace("\\-", "-")
    shown = Tool(nxtraced_path, clean_env, empty_dir)("--help").expect(0).text
    documented = re.findall(r"^\.It Fl (?:(\w) , Fl )?-(\S+)(?: Ar (\S+))?$", man, flags=re.M)
    assert documented == [(s.strip("'") if s != "0" else "", w, v) for w, s, v in options]
    for word, letter, value in options:
        line = next(x for x in shown.splitlines() if f"--{word}" in x.split())
        assert value in line and (letter == "0" or f"-{letter[1]}," in line)
    for route in re.findall(r"EXIT_\w+ = (\d+)", (source_dir / "daemon/options.h").read_text()):
        assert re.search(rf"^\.It {route}$", man, flags=re.M)
