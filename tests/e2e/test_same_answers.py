"""One set of answers: what the daemon says over HTTP is to the byte what nxctl prints without it."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import pytest

from support import stores
from support.run import Running

STORES = [s for s in stores.stores() if s.parent.name != "formats" or s.name in ("bad-runs", "versions", "list-garbage")]


@pytest.fixture
def daemon(nxtraced_path, clean_env, tmp_path, store):
    state = stores.whole_state(store, tmp_path)
    argv = [nxtraced_path, "--listen", "127.0.0.1:0", "--store", os.path.abspath(state)]
    with Running(argv, clean_env, tmp_path) as p:
        line = p.wait_for("stdout", "http://")
        address = line[line.index("http://"):].split()[0].rstrip("/")

        def get(path):
            try:
                with urllib.request.urlopen(address + path, timeout=60) as r:
                    return r.status, r.read()
            except urllib.error.HTTPError as e:
                return e.code, e.read()

        get.state = state
        yield get


@pytest.mark.parametrize("store", STORES, ids=stores.store_name)
def test_documents(daemon, nxctl, store):
    def ask(*words):
        return nxctl(*words, "--json", "--store", daemon.state).out

    everything = ask("list", "--all")
    assert daemon("/api/v1/runs?limit=1000") == (200, everything)
    runs = json.loads(everything)["runs"]
    for name in {r["workspace"]["name"] for r in runs}:
        quoted = urllib.parse.quote(name, safe="")
        assert daemon(f"/api/v1/workspaces/{quoted}/runs?limit=1000") == (200, ask("list", "--workspace", name))
        latest = ask("info", "latest", "--workspace", name)
        assert daemon(f"/api/v1/workspaces/{quoted}/runs/latest") == (200, latest)
    for r in runs[:10]:
        want = nxctl("info", r["id"], "--json", "--all", "--store", daemon.state)
        status, got = daemon(f"/api/v1/runs/{r['id']}")
        if want.code == 0:
            assert (status, got) == (200, want.out)
        else:
            assert status == 409 and json.loads(got)["error"]["code"] == "ambiguous"


@pytest.mark.parametrize("store", STORES, ids=stores.store_name)
def test_pages_make_the_list(daemon, nxctl, store):
    whole = nxctl("list", "--json", "--all", "--store", daemon.state).json["runs"]
    pages, after = [], ""
    for _ in range(len(whole) + 1):
        page = json.loads(daemon(f"/api/v1/runs?limit=7{after}")[1])
        pages += page["runs"]
        if page["next"] is None:
            break
        assert len(page["runs"]) == 7
        after = f"&after={page['next']}"
    assert pages == whole


@pytest.mark.parametrize("store", STORES, ids=stores.store_name)
def test_traces(daemon, nxctl, store):
    runs = nxctl("list", "--json", "--all", "--store", daemon.state).json["runs"]
    for r in runs if store.parent.name == "formats" else runs[:6]:
        for suffix, words in (("", []), (".slot", ["--group-by", "slot"]),
                              (".slot.pretty", ["--group-by", "slot", "--message-format", "json-pretty"])):
            want = nxctl("export", r["id"], *words, "--store", daemon.state, "--workspace", r["workspace"]["name"])
            quoted = urllib.parse.quote(r["workspace"]["name"], safe="")
            status, got = daemon(f"/workspaces/{quoted}/traces/{r['id']}{suffix}.json")
            if want.code in (0, 106):
                assert status == 200 and got == want.out, r["id"]
            else:
                error = json.loads(got)["error"]
                assert status >= 400 and error["message"] in want.err, (r["id"], got, want.err)


@pytest.mark.parametrize("store", [s for s in STORES if s.name == "before-prune"], ids=stores.store_name)
@pytest.mark.parametrize("selector", ["abcd", "fffffff", "xyz", "Latest", "-"])
def test_errors(daemon, nxctl, store, selector):
    """The same words, too; the remedy is the one thing that a command line and an API word differently."""
    r = nxctl("info", "--store", daemon.state, "--", selector if selector != "-" else "--")
    error = json.loads(daemon(f"/api/v1/runs/{selector}")[1])["error"]
    assert error["message"].replace("`-`", "`--`") in r.err and error["hint"]
