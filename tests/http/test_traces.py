"""Traces: the bytes that cargo-nextest prints, under every address, encoded, in parts, and not sent twice."""
import gzip
import json
import re
from urllib.parse import quote

import pytest

from support import stores

RUNS = 300  # at least so many traces are compared: a lost index must not go unnoticed
FORMS = {"binary.json": ".json", "slot.json": ".slot.json", "binary.pretty.json": ".pretty.json",
         "slot.pretty.json": ".slot.pretty.json"}
PLAIN = "dc88651a-7d93-498d-bdb2-d927bb0cdeee"


def all_stores():
    return [pytest.param(s, id=stores.store_name(s)) for s in stores.stores()]


compared = {"traces": 0}


@pytest.mark.parametrize("store", all_stores())
def test_equal_to_nextest(start, store):
    indexes = [stores.index(p.parent) for p in sorted((store / "expected").rglob("index.json"))]
    d = start("--store", store / "state")
    for run in (r for i in indexes for r in i.get("runs", [])):
        for form, trace in run.get("traces", {}).items():
            if trace["exit"] != 0:
                continue
            where = f"/workspaces/{quote(run['project'], safe='')}/traces/{run['run_id']}{FORMS[form]}"
            assert d.get(where).expect(200).sha256 == trace["sha256"], where
            compared["traces"] += 1


def test_enough_was_compared():
    assert compared["traces"] >= RUNS


def test_selectors(plain, plain_runs, expected):
    by_start = plain.get("/api/v1/runs/latest").json["id"]
    assert by_start in [r["run-id"] for r in plain_runs]
    for address in ("/traces/latest.json", f"/traces/{by_start}.json", f"/traces/{by_start.upper()}.json",
                    f"/traces/{by_start[:4]}.json", f"/traces/{by_start}/any-title.json",
                    f"/workspaces/_ssrc_sorchard/traces/{by_start[:3]}/any.title.json",
                    f"/traces/{by_start}/%D0%BF%D0%BE%D0%BB%D0%B5.json"):
        assert plain.get(address).expect(200).sha256 == expected("plain", by_start), address
    assert plain.get(f"/traces/{by_start}/t.slot.json").sha256 == expected("plain", by_start, "slot")
    assert plain.get("/traces/0000.json").expect(404).code == "not-found"
    assert plain.get("/traces/nothex.json").expect(400).code == "invalid-selector"
    assert plain.get(f"/workspaces/other/traces/{by_start}.json").expect(404).code == "not-found"


def test_ambiguous(start, recordings):
    d = start("--store", recordings / "many-runs" / "before-prune" / "state")
    ids = [r["id"] for r in d.get("/api/v1/runs?limit=1000").json["runs"]]
    first = next(c for c in "0123456789abcdef" if sum(i.startswith(c) for i in ids) > 1)
    answer = d.get(f"/traces/{first}.json").expect(409)
    assert answer.code == "ambiguous"


def test_headers(plain):
    got = plain.get(f"/traces/{PLAIN}.slot.pretty.json").expect(200)
    assert got.header("Content-Type") == "application/json"
    assert got.header("Cache-Control") == "no-cache"
    assert got.header("Accept-Ranges") == "bytes"
    assert got.header("Content-Encoding") is None
    assert re.fullmatch(r'"[^"]+"', got.header("ETag"))
    assert re.fullmatch(r'attachment; filename="orchard-\d{4}-\d\d-\d\d-\d{6}-dc88651a\.slot\.pretty\.json"',
                        got.header("Content-Disposition"))
    assert got.header("X-Nxtrace-Missing") is None
    assert set(got.header("Vary").split(", ")) == {"Origin", "Accept-Encoding"}


def test_for_perfetto(start, recordings, nxctl):
    store = recordings / "retries" / "state"
    d = start("--store", store)
    run = d.get("/api/v1/runs/latest").json["id"]
    tags = set()
    for suffix, words in (("", []), (".slot", ["--group-by", "slot"]), (".pretty", ["--message-format", "json-pretty"])):
        want = nxctl("export", run, "--store", store, "--for-perfetto", *words).expect(0).out
        for address in (f"/traces/{run}{suffix}.perfetto.json", f"/traces/{run[:6]}/a-title{suffix}.perfetto.json",
                        f"/workspaces/_ssrc_sseedlings/traces/latest{suffix}.perfetto.json"):
            for _ in range(2):  # converted, then from the cache
                got = d.get(address).expect(200)
                assert got.body == want and got.header("Content-Disposition").endswith(f'{suffix}.perfetto.json"')
        plain = d.get(f"/traces/{run}{suffix}.json").expect(200)
        assert plain.body != got.body and len(plain.body) == len(got.body)
        tags |= {plain.header("ETag"), got.header("ETag")}
    assert len(tags) == 6
    d.get(f"/traces/{run}.perfetto.slot.json").expect(400)  # in this order only


def test_etag(plain):
    address = f"/traces/{PLAIN}.json"
    first = plain.get(address)
    tag = first.header("ETag")
    assert plain.get(address).header("ETag") == tag
    assert plain.get(f"/traces/{PLAIN}.slot.json").header("ETag") != tag
    assert plain.get(address, Accept_Encoding="gzip").header("ETag") != tag
    for match in (tag, f"W/{tag}", f'"other", {tag}', f'"other",{tag} , "third"', "*", f'W/"x", W/{tag}'):
        for method in ("GET", "HEAD"):
            same = plain.get(address, method, If_None_Match=match).expect(304)
            assert same.body == b"" and same.header("ETag") == tag and same.header("Cache-Control") == "no-cache"
            assert "Origin" in same.header("Vary")
    for match in ('"other"', tag.strip('"'), "", tag[:-1], '"', f'{tag[:-2]}"'):
        assert plain.get(address, If_None_Match=match).expect(200).body == first.body


def test_not_modified_without_the_file(start, recordings, tmp_path):
    # The tag says all that the bytes depend on, so the answer needs no conversion.
    args = ("--store", recordings / "plain" / "state", "--cache-dir")
    first = start(*args, tmp_path / "one")
    tag = first.get("/traces/latest.json").header("ETag")
    second = start(*args, tmp_path / "two")
    assert second.get("/traces/latest.json", If_None_Match=tag).expect(304).header("ETag") == tag
    assert not list((tmp_path / "two").iterdir())


@pytest.mark.parametrize("asked, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-1", -1, None), ("bytes=-100", -100, None),
    ("bytes=-999999999", 0, None), ("bytes=5-999999999999999999999999", 5, None), ("BYTES=1-2", 1, 2),
    ("bytes=0-18446744073709551615", 0, None)])
def test_range(plain, asked, first, last):
    whole = plain.get(f"/traces/{PLAIN}.json")
    n = len(whole.body)
    first, last = first % n if first < 0 else first, n - 1 if last is None else last
    got = plain.get(f"/traces/{PLAIN}.json", Range=asked).expect(206)
    assert got.body == whole.body[first:last + 1]
    assert got.header("Content-Range") == f"bytes {first}-{last}/{n}"
    assert got.header("ETag") == whole.header("ETag")
    head = plain.get(f"/traces/{PLAIN}.json", "HEAD", Range=asked).expect(200)
    assert int(head.header("Content-Length")) == n


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0", "bytes=15524-", "bytes=99999999999999999999999-"])
def test_range_that_is_not_there(plain, asked):
    n = len(plain.get(f"/traces/{PLAIN}.json").body)
    assert n == 15524
    got = plain.get(f"/traces/{PLAIN}.json", Range=asked).expect(416)
    assert got.header("Content-Range") == f"bytes */{n}"
    assert got.code == "usage"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=5-1", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=1",
                                   "bytes 0-1", "bytes=0-1x", "bytes=--1", ""])
def test_range_that_is_passed_over(plain, asked):
    assert len(plain.get(f"/traces/{PLAIN}.json", Range=asked).expect(200).body) == 15524


def test_if_range(plain):
    tag = plain.get(f"/traces/{PLAIN}.json").header("ETag")
    ask = dict(Range="bytes=0-9")
    assert len(plain.get(f"/traces/{PLAIN}.json", If_Range=tag, **ask).expect(206).body) == 10
    for other in ('"x"', f"W/{tag}", "Tue, 24 Nov 2026 10:00:00 GMT"):
        plain.get(f"/traces/{PLAIN}.json", If_Range=other, **ask).expect(200)


def decode(answer):
    encoding = answer.header("Content-Encoding")
    return {None: lambda b: b, "gzip": gzip.decompress, "zstd": stores.unzstd}[encoding](answer.body)


@pytest.mark.parametrize("accept, encoding", [
    (None, None), ("", None), ("identity", None), ("gzip", "gzip"), ("zstd", "zstd"), ("x-gzip", "gzip"), ("GZIP", "gzip"),
    ("gzip, deflate, br, zstd", "zstd"), ("gzip, deflate, br", "gzip"), ("br, deflate", None), ("*", "zstd"),
    ("gzip;q=1.0, zstd;q=0.5", "gzip"), ("gzip;q=0", None), ("zstd;q=0, gzip", "gzip"), ("*;q=0", None),
    ("identity;q=1, gzip;q=0.5", None), ("gzip;q=0.5", "gzip"), ("zstd;q=0, *", "gzip"), ("gzip;q=0.001", "gzip"),
    ("gzip ; q=1 , zstd ; q=0.9", "gzip"), ("gzip;q=2", None), ("gzip;q=x", None), ("zstd;q=1.000,gzip;q=0.999", "zstd"),
    (",,gzip,,", "gzip"), ("gzip;level=9;q=0", None)])
def test_encodings(plain, accept, encoding):
    for address in (f"/traces/{PLAIN}.json", "/api/v1/runs"):
        whole = plain.get(address)
        for _ in range(2):  # made, then kept
            got = plain.get(address, Accept_Encoding=accept).expect(200)
            assert got.header("Content-Encoding") == encoding
            assert decode(got) == whole.body
            assert "Accept-Encoding" in got.header("Vary")
            assert int(got.header("Content-Length")) == len(got.body)
        head = plain.get(address, "HEAD", Accept_Encoding=accept).expect(200)
        assert int(head.header("Content-Length")) == len(got.body)
        assert head.header("Content-Encoding") == encoding
        tag = got.header("ETag")
        assert plain.get(address, Accept_Encoding=accept, If_None_Match=tag).expect(304).header("ETag") == tag


def test_range_of_an_encoded_form(plain):
    whole = plain.get(f"/traces/{PLAIN}.json", Accept_Encoding="gzip")
    part = plain.get(f"/traces/{PLAIN}.json", Accept_Encoding="gzip", Range="bytes=10-19").expect(206)
    assert part.body == whole.body[10:20] and part.header("Content-Encoding") == "gzip"


def test_many_at_once_are_converted_once(start, recordings, tmp_path):
    from concurrent.futures import ThreadPoolExecutor
    d = start("--store", recordings / "plain" / "state", "--cache-dir", tmp_path / "c")
    with ThreadPoolExecutor(24) as pool:
        got = list(pool.map(lambda i: d.get("/traces/latest.json", Accept_Encoding=["gzip", "zstd", None][i % 3]),
                            range(96)))
    assert len({decode(g.expect(200)) for g in got}) == 1
    names = [p.name for p in (tmp_path / "c").iterdir()]
    assert len(names) == 3 and all(n.endswith(".trace") for n in names)


def test_damaged_but_readable(start, recordings):
    # Where nextest gives up, what can be read is served, and a header says what is lacking.
    store = recordings / "formats" / "bad-logs"
    d = start("--store", store / "state")
    seen = 0
    for run in stores.index(store / "expected")["runs"]:
        trace = run["traces"]["binary.json"]
        got = d.get(f"/traces/{run['run_id']}.json")
        if trace["exit"] == 0:
            assert got.expect(200).sha256 == trace["sha256"]
        elif got.status == 200:
            json.loads(got.body)
            if got.header("X-Nxtrace-Missing"):
                seen += 1
                assert got.header("Cache-Control") == "no-store" and got.header("ETag") is None
                assert got.header("Accept-Ranges") is None
                assert len(d.get(f"/traces/{run['run_id']}.json", Range="bytes=0-1").expect(200).body) == len(got.body)
        else:
            assert got.status in (410, 422), (run, got.status, got.body)
            assert got.code in ("bad-format", "truncated", "gone", "unsupported-version", "limit-exceeded")
    assert seen > 5


def test_formats_of_other_versions(start, recordings):
    store = recordings / "formats" / "versions"
    d = start("--store", store / "state")
    codes = set()
    for run in d.get("/api/v1/runs?limit=1000").json["runs"]:
        got = d.get(f"/traces/{run['id']}.json")
        if got.status != 200:
            codes.add(got.expect(422).code)
            assert got.json["error"]["hint"]
    assert codes == {"unsupported-version"}
