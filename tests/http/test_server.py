"""What the daemon says of itself, and where its links lead."""
import pytest

from support import schemas
from support.daemon import eventually

UI = "https://ui.perfetto.dev"


def test_what_it_says(plain, recordings, nxtraced_path):
    got = plain.get("/api/v1/server").expect(200)
    assert got.header("Content-Type") == "application/json" and got.header("Cache-Control") == "no-cache"
    doc = eventually(lambda: (lambda s: s if s["index"] == "ready" else None)(plain.get("/api/v1/server").json), "the index is ready")
    assert doc.pop("version")
    (store,) = doc.pop("stores")
    assert store["path"] == str(recordings / "plain" / "state") and store["problem"] is None and "name" in store
    assert doc == {"address": f"http://{plain.host}", "perfetto_url": UI, "perfetto_may_read": True, "index": "ready", "procs": True}
    plain.get("/api/v1/server", If_None_Match=plain.get("/api/v1/server").header("ETag")).expect(304)


def test_its_schema(plain, start, tmp_path):
    schema = schemas.validator(None, schemas.live()["/api/v1/server"][3])
    if schema is None:
        pytest.skip("python3-jsonschema is not installed (scripts/deps check)")
    for d in (plain, start("--store", tmp_path / "nowhere", "--no-index", "--no-procs", "--allow-origin", "https://else.example")):
        schema.validate(d.get("/api/v1/server").expect(200).json)


def test_without(start, tmp_path):
    d = start("--store", tmp_path / "nowhere", "--no-index", "--no-procs", "--allow-origin", "https://else.example")
    doc = d.get("/api/v1/server").expect(200).json
    assert doc["index"] == "none" and doc["procs"] is False and doc["perfetto_may_read"] is False
    assert doc["stores"][0]["problem"]


@pytest.mark.parametrize("query", ["?x=1", "?limit", "?%zz"])
def test_it_takes_no_parameters(plain, query):
    assert plain.get("/api/v1/server" + query).expect(400).code == "usage"


@pytest.mark.parametrize("given, url, origin", [
    ("https://perfetto.team.example", "https://perfetto.team.example", "https://perfetto.team.example"),
    ("https://perfetto.team.example/", "https://perfetto.team.example", "https://perfetto.team.example"),
    ("https://Perfetto.Team.example:443/UI/v1//", "https://Perfetto.Team.example:443/UI/v1", "https://perfetto.team.example"),
    ("HTTP://127.0.0.1:8080/ui", "HTTP://127.0.0.1:8080/ui", "http://127.0.0.1:8080"),
    ("http://h:80", "http://h:80", "http://h"), ("https://h:80", "https://h:80", "https://h:80"),
    ("http://[::1]:10000/", "http://[::1]:10000", "http://[::1]:10000")])
def test_a_perfetto_of_ones_own(start, recordings, given, url, origin):
    d = start("--store", recordings / "plain" / "state", "--perfetto-url", given)
    doc = d.get("/api/v1/server").expect(200).json
    assert doc["perfetto_url"] == url and doc["perfetto_may_read"] is True
    for target in ("/traces/latest.json", "/api/v1/runs", "/nothing"):
        assert d.get(target, Origin=origin).header("Access-Control-Allow-Origin") == origin
        assert d.get(target, Origin=UI).header("Access-Control-Allow-Origin") is None


def test_origins_that_were_given_stay(start, recordings):
    d = start("--store", recordings / "plain" / "state", "--perfetto-url", "https://p.example", "--allow-origin", UI)
    assert d.get("/api/v1/runs", Origin="https://p.example").header("Access-Control-Allow-Origin") is None
    assert d.get("/api/v1/runs", Origin=UI).header("Access-Control-Allow-Origin") == UI
    assert d.get("/api/v1/server").json["perfetto_may_read"] is False
