"""What there is to ask of a daemon's operations, by its own description of them."""
import urllib.parse

from support.daemon import eventually


def ready(d, target):
    """The JSON at `target`, as soon as the index can tell it."""
    def get():
        r = d.get(target)
        return None if r.status == 503 else r.expect(200).json
    return eventually(get, target)


def operations(description):
    """(path, operation) of every one"""
    return [(path, item["get"]) for path, item in description["paths"].items()]


def cases_of(d, run, tests):
    """Values that belong together: a run with its workspace, and with some of its tests."""
    case = {"workspace": f"{run['workspace']['store']}:{run['workspace']['name']}", "run": run["id"], "base": run["id"],
            "head": run["id"]}
    if run["problem"]:
        return [case]
    return [{**case, "binary": t["binary"], "test": t["test"]}
            for t in ready(d, f"/api/v1/runs/{run['id']}/tests?limit={tests}")["tests"]] or [case]


def pages(d, target, most=3):
    """The cursors of the first pages."""
    found = []
    while len(found) < most:
        found.append(ready(d, target + (f"&after={urllib.parse.quote(found[-1])}" if found else ""))["next"])
    assert all(found)
    return found


def real_values(d, runs=2, tests=1):
    """Of up to so many runs a workspace and kind (those that have a problem are another), and tests a run: what
    support/openapi_hooks.py is given."""
    cases, seen = [], {}
    listed = ready(d, "/api/v1/runs?limit=1000")["runs"]
    for run in listed:
        kind = (run["workspace"]["store"], run["workspace"]["name"], run["problem"])
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= runs:
            cases += cases_of(d, run, tests)
    names = {n: sorted({c[n] for c in cases if n in c})[:4] for n in ("workspace", "run", "binary", "test")}
    names["run"].append("latest")
    stores = sorted({r["workspace"]["store"] for r in listed})
    parameters = {**names, "base": names["run"], "head": names["run"], "store": stores}
    assert all(parameters.values())
    cursors = {"runs": {"enum": pages(d, "/api/v1/runs?limit=1")},
               "search": {"enum": pages(d, "/api/v1/tests?limit=1")},
               "tests": {"type": "string", "pattern": "^[0-9]{1,18}$"}}
    return {"cases": cases, "parameters": parameters, "cursors": cursors}


def target(path, operation, values):
    """An operation's address with what it needs of `values`."""
    def quote(name):
        return urllib.parse.quote(values[name], safe="")
    query = []
    for p in operation["parameters"]:
        if p["in"] == "path":
            path = path.replace("{" + p["name"] + "}", quote(p["name"]))
        elif p["required"]:
            query.append(f"{p['name']}={quote(p['name'])}")
    return path + ("?" + "&".join(query) if query else "")
