"""Completion scripts load in their shells, and offer what the table has."""
import shutil
import subprocess

import pytest

from support import tables


def script(nxctl, shell, tmp_path):
    f = tmp_path / f"nxctl.{shell}"
    f.write_bytes(nxctl("completion", shell).expect(0).out)
    return f


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_parses(nxctl, shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    done = subprocess.run([shell, "-n", script(nxctl, shell, tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_word_of_the_table_is_in_it(nxctl, shell):
    text = nxctl("completion", shell).expect(0).text
    for word in tables.commands():
        assert word in text
    for o in tables.options():
        assert (f"-l {o.word}" if shell == "fish" else f"--{o.word}") in text
        assert all(v in text for v in o.values)


def complete(nxctl, tmp_path, line):
    """What bash offers at the end of the line."""
    words = line.split(" ")
    ask = f"""
        source {script(nxctl, 'bash', tmp_path)}
        COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}
        _nxctl nxctl; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    # compopt complains outside of a real completion; what it offers is what counts.
    errors = [e for e in done.stderr.splitlines() if "compopt" not in e]
    assert not errors, errors
    return set(done.stdout.split())


def test_bash_offers(nxctl, tmp_path):
    (tmp_path / "a.zip").write_text("")
    (tmp_path / "b.txt").write_text("")
    assert complete(nxctl, tmp_path, "nxctl l") == {"list"}
    assert complete(nxctl, tmp_path, "nxctl export --gr") == {"--group-by"}
    assert complete(nxctl, tmp_path, "nxctl list --gr") == set()
    assert complete(nxctl, tmp_path, "nxctl export --group-by s") == {"slot"}
    assert complete(nxctl, tmp_path, "nxctl info la") == {"latest"}
    assert complete(nxctl, tmp_path, "nxctl info a") == {"a.zip"}
    assert complete(nxctl, tmp_path, "nxctl export -o b") == {"b.txt"}
    assert complete(nxctl, tmp_path, "nxctl help ex") == {"export"}
    assert complete(nxctl, tmp_path, "nxctl completion ") == {"bash", "zsh", "fish"}



@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_zsh_loads(nxctl, tmp_path):
    f = script(nxctl, "zsh", tmp_path)
    ask = f"autoload -Uz compinit; compinit -D; source {f}; print -- $_comps[nxctl]"
    done = subprocess.run(["zsh", "-fc", ask], capture_output=True, text=True, timeout=60, env=nxctl.env)
    assert done.stdout.strip() == "_nxctl" and done.stderr == "", done
