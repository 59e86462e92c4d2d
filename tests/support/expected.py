"""What cargo-nextest itself answered, by each store's expected/index.json."""
import hashlib
import re

from support import stores

AGO = re.compile(r"\((?:\d+(?:y|mo|d|h|m|s|ms|us|ns)) ago\)")


class Command:
    """One command that nextest was given: its words behind `store`, and what came of it."""

    def __init__(self, store, raw):
        self.store, self.raw = store, raw
        self.argv = raw["argv"][3:]
        self.word = self.argv[0]
        self.cwd, self.code, self.env = raw["cwd"], raw["exit"], raw.get("env") or {}
        self.sha256 = raw.get("stdout_sha256")

    def stdout(self):
        """The expected bytes, or None where only their hash is kept."""
        name = self.raw.get("stdout")
        return (self.store / "expected" / name).read_bytes() if name else None

    def stderr(self):
        name = self.raw.get("stderr")
        return (self.store / "expected" / name).read_text() if name else ""

    def has_stdout(self, out):
        return self.sha256 is not None and hashlib.sha256(out).hexdigest() == self.sha256

    def of_another_moment(self):
        """Asked while the store was not as it is kept: before its first run, or locked."""
        return any(word in str(self.raw.get("stderr")) for word in ("locked", "before-any-run"))

    def nxctl(self):
        """The same words for nxctl: `--` before what follows it stays."""
        return [{"export-chrome-trace": "export"}.get(self.word, self.word), *self.argv[1:]]

    def __str__(self):
        return f"{stores.store_name(self.store)}: {' '.join(self.argv)}"


def commands(store, word):
    """The commands `cargo nextest store WORD ...` that were answered by this store."""
    index = stores.index(store / "expected")
    for raw in index["commands"]:
        argv = raw["argv"]
        if argv[:3] == ["cargo", "nextest", "store"] and len(argv) > 3 and argv[3] == word:
            yield Command(store, raw)


def without_clock(text):
    return AGO.sub("(... ago)", text)


def named_stores():
    """For parametrize: (store, its name)."""
    found = stores.stores()
    return {"argvalues": found, "ids": [stores.store_name(s) for s in found]}
