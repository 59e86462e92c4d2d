"""Every list, info and export that cargo-nextest was asked for while the recordings were made, asked of nxctl."""
import hashlib
import os

import pytest

from support import expected, stores

STORES = expected.named_stores()


@pytest.fixture
def ask(nxctl, store, tmp_path):
    """nxctl with the same words on the same store and workspace."""
    state = stores.whole_state(store, tmp_path)

    def run(command, *more, cwd=None):
        words = command.nxctl()
        where = ["--store", state, "--workspace", workspace(command)]
        return nxctl(words[0], *where, *more, *words[1:], cwd=cwd, env=command.env)

    return run


def workspace(command):
    """The workspace that nextest took the command to be in."""
    index = stores.index(command.store / "expected")
    for link, target in (index.get("links") or {}).items():
        if command.cwd == link:
            return target
    return command.cwd


def zips(store):
    """The folder that relative names of portable recordings in commands stand for."""
    d = store / "zips"
    return d if d.is_dir() else None


def known(store):
    """Does nextest's cwd of a command name a workspace of this store? (Some were asked from outside, on purpose.)"""
    names = stores.runs_dirs(store / "state")
    return lambda c: len(workspace(c).encode()) > 88 or stores.encode(workspace(c)) in names


@pytest.mark.parametrize("store", **STORES)
def test_list(ask, store):
    is_known, checked, wrong = known(store), 0, []
    for c in expected.commands(store, "list"):
        if not is_known(c) or "-v" in c.argv or c.of_another_moment():
            continue
        r = ask(c)
        checked += 1
        if stores.store_name(store) == "formats/bad-logs":
            # Its store.zips are not kept, so the list says that they are missing.
            assert r.text.count("(not replayable)") == 93
            r.out = r.out.replace(b"  (not replayable)", b"")
        if c.code == 0 and not (r.code == 0 and c.has_stdout(r.out)):
            wrong.append(f"{c}\n{r}")
        elif c.code != 0 and r.code != c.code:
            wrong.append(f"{c}: exit {c.code} {c.stderr()}\n{r}")
    assert not wrong, "\n\n".join(wrong[:3])
    if not checked:
        pytest.skip("nextest's answers were asked from outside the workspace")


@pytest.mark.parametrize("store", **STORES)
def test_info(ask, store):
    wrong, state_dir = [], stores.index(store / "expected")["state_dir"]
    is_known = known(store)
    for c in expected.commands(store, "info"):
        if zips(store) or not is_known(c) or c.of_another_moment():
            continue
        r = ask(c)
        want = c.stdout()
        if c.code == 0:
            text = expected.without_clock(r.text)
            same = want is None or text.startswith(expected.without_clock(want.decode()))
            if r.code != 0 or not same:
                wrong.append(f"{c}\n{want and want.decode()}\n{r}")
        elif r.code != c.code and c.argv[1:] != ["--", "-"]:  # "-" is standard input here
            wrong.append(f"{c}: exit {c.code} {c.stderr()}\n{r}")
    assert not wrong, f"{state_dir}\n" + "\n\n".join(wrong[:3])


@pytest.mark.parametrize("store", **STORES)
def test_export(ask, store):
    """What nextest exports, nxctl exports to the byte; what it refuses, nxctl --strict refuses with the same status."""
    wrong = []
    cwd, is_known = zips(store), known(store)
    for c in expected.commands(store, "export-chrome-trace"):
        if c.of_another_moment() or c.argv[1:] == ["--", "-"] or (not cwd and not is_known(c)):
            continue  # "-" is standard input here
        if cwd and not any(os.path.exists(cwd / w) for w in c.argv[1:]) and c.code == 0 and "zip" in "".join(c.argv):
            continue  # a recording that was too large to keep
        strict = ask(c, "--strict", cwd=cwd)
        if c.code == 0:
            r = ask(c, cwd=cwd)
            for each in (strict, r):
                if each.code != 0 or not c.has_stdout(each.out):
                    wrong.append(f"{c}: want {c.sha256}, have {hashlib.sha256(each.out).hexdigest()}\n{each}")
        elif strict.code != c.code:
            wrong.append(f"{c}: exit {c.code} {c.stderr()}\n{strict}")
    assert not wrong, f"{len(wrong)} differ\n" + "\n\n".join(wrong[:3])
