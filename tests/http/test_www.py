"""The page's files: which are served, with what headers, from which folder."""
import gzip
import os
import shutil
import subprocess

import pytest

from support.daemon import eventually

SHELL = ["/", "/runs/latest", "/runs/no-such-run", "/workspaces/_ssrc_sorchard/runs/latest", "/tests", "/tests/a%3A%3Ab/c%2Fd",
         "/compare", "/compare?base=latest&head=x&nonsense=%C3%A4", "/flaky", "/flaky?workspace=x", "/workspaces/x/flaky", "/slowest",
         "/workspaces/x/slowest", "/open/latest", "/workspaces/x/open/latest", "/?status=failed&status=passed"]


@pytest.fixture
def folder(tmp_path):
    """A private folder of a page."""
    d = tmp_path / "page"
    d.mkdir()
    (d / "index.html").write_text("<!DOCTYPE html><title>mine</title>" + "<p>some words</p>" * 100)
    (d / "a.js").write_text("export const a = 1;\n" * 100)
    return d


@pytest.fixture
def served(start, recordings, folder):
    return start("--store", recordings / "plain" / "state", "--www-dir", folder)


@pytest.mark.parametrize("target", SHELL)
def test_every_page_is_the_shell(plain, source_dir, target):
    got = plain.get(target).expect(200)
    assert got.body == (source_dir / "www/index.html").read_bytes()
    assert got.header("Content-Type") == "text/html; charset=utf-8"
    assert got.header("ETag") == plain.get("/").header("ETag")
    assert plain.get(target, "POST").expect(405)


@pytest.mark.parametrize("target", ["/runs", "/runs/", "/runs/a/b", "/tests/a", "/tests/a/b/c", "/open", "/workspaces/x/compare",
                                    "/workspaces/x/tests/a/b", "/workspaces/x", "/www", "/www/", "/index.html", "/style.css"])
def test_and_nothing_beside(plain, target):
    assert plain.get(target).expect(404).code == "not-found"


def test_every_file_of_the_project(plain, source_dir):
    types = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
             ".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png"}
    files = [p for p in (source_dir / "www").iterdir() if p.suffix != ".mk"]
    assert {"index.html", "app.js", "style.css"} <= {p.name for p in files}
    for p in files:
        got = plain.get(f"/www/{p.name}").expect(200)
        assert got.body == p.read_bytes()
        assert got.header("Content-Type") == types[p.suffix]
        assert got.header("Cache-Control") == "no-cache"


def test_headers(plain):
    for target in ("/", "/www/app.js", "/www/style.css"):
        got = plain.get(target)
        policy = dict(p.strip().split(" ", 1) for p in got.header("Content-Security-Policy").split(";"))
        assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self'" and policy["img-src"] == "'self' data:"
        assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
        assert got.header("X-Content-Type-Options") == "nosniff"
        assert got.header("Referrer-Policy") == "no-referrer"
        assert got.header("Cross-Origin-Opener-Policy") is None  # with it the window of Perfetto is lost to us
        head = plain.get(target, "HEAD").expect(200)
        assert head.body == b"" and head.header("Content-Length") == str(len(got.body)) and head.header("ETag") == got.header("ETag")


def test_compressed_and_fresh(served, folder):
    whole = (folder / "a.js").read_bytes()
    unpack = {"gzip": gzip.decompress,
              "zstd": lambda b: subprocess.run(["zstd", "-dc"], input=b, capture_output=True, check=True).stdout}
    tags = {served.get("/www/a.js").header("ETag")}
    for encoding, decode in unpack.items():
        for _ in range(2):
            got = served.get("/www/a.js", Accept_Encoding=encoding).expect(200)
            assert got.header("Content-Encoding") == encoding and len(got.body) < len(whole)
            assert decode(got.body) == whole
            assert "Accept-Encoding" in got.header("Vary").split(", ")
        tags.add(got.header("ETag"))
        again = served.get("/www/a.js", Accept_Encoding=encoding, If_None_Match=got.header("ETag")).expect(304)
        assert again.body == b""
        served.get("/www/a.js", If_None_Match=got.header("ETag")).expect(200)
    assert len(tags) == 3


def test_what_gains_nothing_is_sent_plain(start, recordings, folder):
    (folder / "b.png").write_bytes(os.urandom(3000))
    (folder / "c.css").write_text("")
    (folder / "d.css").write_text("a{}")
    d = start("--store", recordings / "plain" / "state", "--www-dir", folder)
    for name in ("b.png", "c.css", "d.css"):
        got = d.get(f"/www/{name}", Accept_Encoding="gzip, zstd").expect(200)
        assert got.header("Content-Encoding") is None and got.body == (folder / name).read_bytes()


def test_a_changed_file_is_served_as_it_is(served, folder):
    before = served.get("/www/a.js").expect(200)
    (folder / "a.js").write_text("export const a = 2;\n")
    (folder / "new.css").write_text("b{}")
    eventually(lambda: served.get("/www/a.js").body == b"export const a = 2;\n", "the new file")
    assert served.get("/www/a.js", If_None_Match=before.header("ETag")).expect(200).header("ETag") != before.header("ETag")
    eventually(lambda: served.get("/www/new.css").status == 200, "a file more")
    (folder / "new.css").unlink()
    eventually(lambda: served.get("/www/new.css").status == 404, "a file less")


def test_only_files_of_the_folder(start, recordings, folder, tmp_path):
    (tmp_path / "secret.txt").write_text("hidden words")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "sub").mkdir()
    (folder / "sub" / "x.js").write_text("x")
    (folder / "dir.js").mkdir()
    os.mkfifo(folder / "pipe.js")
    for name in (".hidden.js", "a.sh", "noend", "sp ace.js", "ä.js"):
        (folder / name).write_text("x")
    d = start("--store", recordings / "plain" / "state", "--www-dir", folder)
    d.get("/www/a.js").expect(200)
    for name in ("link.txt", "sub", "sub/x.js", "sub%2Fx.js", "dir.js", "pipe.js", ".hidden.js", "a.sh", "noend", "sp%20ace.js",
                 "%C3%A4.js", "..", "../secret.txt", "..%2Fsecret.txt", "%2e%2e%2fsecret.txt", "%2Fetc%2Fpasswd", "a.js%00", "A.JS"):
        got = d.get(f"/www/{name}")
        assert got.status in (400, 404) and b"hidden words" not in got.body, name


def test_limits(start, recordings, folder):
    (folder / "big.txt").write_bytes(b"x" * (4 << 20))
    d = start("--store", recordings / "plain" / "state", "--www-dir", folder)
    assert len(d.get("/www/big.txt").expect(200).body) == 4 << 20
    (folder / "big.txt").write_bytes(b"x" * ((4 << 20) + 1))
    d = start("--store", recordings / "plain" / "state", "--www-dir", folder)
    assert "big.txt" in d.running.wait_for("stderr", "no page is served")
    d.get("/").expect(500)


def test_without_files(start, recordings, tmp_path, folder):
    d = start("--store", recordings / "plain" / "state", "--www-dir", tmp_path / "soon")
    said = d.running.wait_for("stderr", "no page is served")
    assert str(tmp_path / "soon") in said
    assert "--www-dir" in d.running.wait_for("stderr", "hint")
    for target in ("/", "/runs/latest", "/compare"):
        got = d.get(target).expect(500)
        assert got.header("Content-Type") == "text/html; charset=utf-8" and b"--www-dir" in got.body
        assert "default-src 'none'" in got.header("Content-Security-Policy")
    d.get("/www/app.js").expect(404)
    d.get("/api/v1/runs").expect(200)
    d.get("/traces/latest.json").expect(200)
    folder.rename(tmp_path / "soon")  # it may come later, and go again: what was read stays
    eventually(lambda: d.get("/").status == 200, "the folder is there now")
    shutil.rmtree(tmp_path / "soon")
    for _ in range(3):
        d.get("/").expect(200)
    d.stop()
    assert d.running.text["stderr"].decode().count("no page is served") == 1


def test_many_at_once(served, folder):
    socks = [served.connect() for _ in range(20)]
    for s in socks:
        s.sendall(b"GET /www/a.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    for s in socks:
        with s, s.makefile("rb") as f:
            assert f.read().endswith((folder / "a.js").read_bytes())


@pytest.mark.parametrize("where", ["bin/www", "share/nxtrace/www"])
def test_where_they_are_found(nxtraced_path, start, recordings, folder, tmp_path, where):
    """Beside a program that is not installed; below the same prefix as one that is, wherever that was moved to."""
    moved = tmp_path / "prefix/bin/nxtraced"
    moved.parent.mkdir(parents=True)
    shutil.copy2(nxtraced_path, moved)
    shutil.copytree(folder, tmp_path / "prefix" / where)
    d = start("--store", recordings / "plain" / "state", path=moved)
    assert d.get("/").expect(200).body == (folder / "index.html").read_bytes()


def test_beside_goes_first(nxtraced_path, start, recordings, folder, tmp_path):
    moved = tmp_path / "prefix/bin/nxtraced"
    moved.parent.mkdir(parents=True)
    shutil.copy2(nxtraced_path, moved)
    shutil.copytree(folder, tmp_path / "prefix/bin/www")
    shutil.copytree(folder, tmp_path / "prefix/share/nxtrace/www")
    (tmp_path / "prefix/bin/www/index.html").write_text("beside")
    d = start("--store", recordings / "plain" / "state", path=moved)
    assert d.get("/").expect(200).body == b"beside"


def test_the_build_has_them_beside_it(nxtraced_path, source_dir):
    assert (nxtraced_path.parent / "www").resolve() == (source_dir / "www").resolve()
