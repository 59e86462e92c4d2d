"""One question, put to the daemon and to nxctl."""
import json
import time
import urllib.parse

from support import tables


class Answers:
    """A store, or several, asked three ways: the daemon over HTTP, nxctl over its own index, nxctl over the daemon's."""

    def __init__(self, daemon, nxctl, state, index, stores=None):
        self.daemon, self.nxctl, self.state, self.index = daemon, nxctl, state, index
        self.stores = stores or ["--store", state]
        self.questions = tables.questions()

    def target(self, question, args):
        """The route's path and query; a workspace goes where the route has it in brackets."""
        route, rest = self.questions[question].route, dict(args)
        if "[/workspaces/{workspace}]" in route:
            route = route.replace("[/workspaces/{workspace}]", "/workspaces/{workspace}" if "workspace" in rest else "")
        for name in list(rest):
            if "{" + name + "}" in route:
                route = route.replace("{" + name + "}", urllib.parse.quote(str(rest.pop(name)), safe=""))
        return route + ("?" + urllib.parse.urlencode(rest) if rest else "")

    def http(self, question, **args):
        """(status, body); waits while the index is behind."""
        end = time.monotonic() + 60
        while True:
            r = self.daemon.get(self.target(question, args))
            if r.status != 503:
                return r.status, r.body
            assert time.monotonic() < end, r.body
            time.sleep(0.02)

    def words(self, question, args):
        """nxctl's words for the same."""
        command, options, positional, rest = self.questions[question].command.split()[0], [], [], dict(args)
        options += ["--workspace", rest.pop("workspace")] if "workspace" in rest else ["--all"]
        if question == "SEARCH":
            options = ["--search", rest.pop("text", "")]
        if question == "OUTPUT":
            stream, form = rest.pop("stream", "combined"), rest.pop("as", "bytes")
            options += [] if stream == "combined" else [f"--{stream}"]
            options += {"bytes": [], "json": ["--json"]}[form]
        else:
            options.append("--json")
        positional += [rest.pop(n) for n in ("run", "base", "head", "binary") if n in rest]
        if question != "RUNS" and "test" in rest:
            positional.append(rest.pop("test"))
        for name, value in rest.items():
            options += [f"--{name}", str(value)]
        return [command, *options, *self.stores, "--", *positional]

    def ours(self, question, **args):
        return self.nxctl(*self.words(question, args))

    def theirs(self, question, **args):
        words = self.words(question, args)
        return self.nxctl(*words[:1], *([] if question in ("RUN", "TIMELINE") else ["--index", self.index]), *words[1:])

    def same(self, question, **args):
        """Asks all three and compares; returns the document, or None where it was an error."""
        status, body = self.http(question, **args)
        for r in (self.ours(question, **args), self.theirs(question, **args)):
            if status == 200:
                assert r.out == body, (question, args)
                assert r.code == 0 or r.code == 96 and "runs.json.zst" in r.err, r
            else:
                error = json.loads(body)["error"]
                http, code = tables.errors()[error["code"]]
                assert (status, r.code, r.out) == (http, code, b""), (question, args, body, str(r))
                if "\n" not in error["message"]:
                    assert error["message"] in r.err or error["code"] == "no-store", (question, args, body, str(r))
        if status != 200:
            return None
        return body if question == "OUTPUT" and args.get("as") != "json" else json.loads(body)
