"""The manual page says what the tables say."""
import re
import shutil
import subprocess

import pytest

from support import tables


@pytest.fixture(scope="module")
def page():
    return (tables.TOP / "man/nxctl.1").read_text()


def test_options(page):
    section = page[page.index(".Sh OPTIONS"):page.index(".Sh ENVIRONMENT")]
    items = re.findall(r"^\.It (Fl .*)$", section, re.M)
    words = [re.search(r"-(?:-)?([a-z-]{2,})", i).group(1).lstrip("-") for i in items]
    assert words == [o.word for o in tables.options()], "all of them, in the order of the table"
    for o, item in zip(tables.options(), items):
        assert bool(o.c) == bool(re.search(rf"Fl {o.c or '.'} ?(Ar|,)", item)), item
        assert (f"Ar {o.arg}" in item) == bool(o.arg), item
        body = section[section.index(item):]
        body = body[:body.find("\n.It ", 1)]
        for value in o.values:
            assert f".Cm {value}" in body, (o.word, value)
        if set(o.commands) != set(tables.commands()):
            taken = re.search(r"\.Pq Cm (.*) \.\n", body + "\n").group(1)
            assert taken.split(" , ") == o.commands, o.word


def test_commands(page):
    for c in tables.commands():
        assert re.search(rf"^\.It Cm {c}\b", page, re.M), c


def test_exit_statuses(page):
    section = page[page.index(".Sh EXIT STATUS"):page.index(".Sh EXAMPLES")]
    documented = {int(n) for n in re.findall(r"^\.It (\d+)$", section, re.M)}
    assert documented == {0} | {code for _, code in tables.errors().values()}


def test_environment(page):
    sources = "".join(p.read_text() for p in [*tables.TOP.glob("client/*.c"), tables.TOP / "src/store/layout.c"])
    section = page[page.index(".Sh ENVIRONMENT"):page.index(".Sh EXIT STATUS")]
    for name in set(re.findall(r'getenv\("(\w+)"\)|is_set\("(\w+)"\)', sources)):
        assert (name[0] or name[1]) in section, name


def test_it_is_well_formed(page):
    man = shutil.which("mandoc") or shutil.which("groff")
    if not man:
        pytest.skip("neither mandoc nor groff is here")
    argv = [man, "-Tlint", "-Wwarning"] if man.endswith("mandoc") else [man, "-mandoc", "-Tutf8", "-ww", "-z"]
    done = subprocess.run([*argv, tables.TOP / "man/nxctl.1"], capture_output=True, text=True, timeout=60)
    assert done.stdout + done.stderr == "" and done.returncode == 0, done.stdout + done.stderr


def test_examples_run(nxctl, page, plain, tmp_path):
    """The commands of the examples, but the one that needs a network, with this store."""
    examples = [line[len(".Dl $ "):] for line in page.splitlines() if line.startswith(".Dl $ ")]
    assert len(examples) == 6
    for e in examples:
        if "curl" in e:
            e = e.replace("curl -sL https://ci.example/run.zip", f"cat {next((plain.folder / 'portable').glob('*.zip'))}")
        if "jq" in e and not shutil.which("jq"):
            continue
        env = {**nxctl.env, "NEXTEST_STATE_DIR": str(plain.state), "PATH": f"{nxctl.path.parent}:{nxctl.env['PATH']}"}
        done = subprocess.run(["bash", "-ec", e], cwd=tmp_path, env=env, capture_output=True, timeout=60)
        assert done.returncode == 0, (e, done.stderr)
