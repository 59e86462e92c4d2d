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


def complete(nxctl, tmp_path, line, env=None):
    """What bash offers at the end of the line."""
    words = line.replace("nxctl", str(nxctl.path)).split(" ")
    ask = f"""
        source {script(nxctl, 'bash', tmp_path)}
        COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}
        _nxctl nxctl; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=60, cwd=tmp_path,
                          env=nxctl.environment(env))
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


def test_bash_offers_runs_and_tests(nxctl, plain, tmp_path):
    def offered(line):
        return complete(nxctl, tmp_path, line, {"NEXTEST_STATE_DIR": plain.state})

    ids = {r["run-id"][:8] for r in plain.runs}
    for line in ("nxctl info ", "nxctl compare ", "nxctl compare latest "):
        assert {"latest"} | ids <= offered(line)
    assert offered("nxctl tests --sort name e96") == {"e96a27f6"} == offered("nxctl tests -R e96")
    assert offered("nxctl info latest ") == set() == offered("nxctl tests --limit ")
    tests = {"tests::cedar", "tests::dahlia", "tests::kelp"}
    assert offered("nxctl output e96a27f6 ") == tests == offered("nxctl history ")
    assert offered("nxctl output --stdout latest te") == tests
    # Where bash cuts words at colons it wants only what follows the last one.
    assert offered("nxctl output latest tests::c") == {"cedar"}
    assert offered("nxctl tests --outcome timeout") == {"timeout-pass", "timeout-fail"}
    assert offered("nxctl list --status pas") == {"passed"}


def test_words(nxctl, plain, tmp_path):
    runs = nxctl("completion", "runs", env={"NEXTEST_STATE_DIR": plain.state}).expect(0).text.splitlines()
    assert runs[0].startswith("latest\t") and runs[1] == "e96a27f6\t2026-11-24 05:39:08 completed" and len(runs) == 4
    nxctl("completion", "runs", env={"NEXTEST_STATE_DIR": tmp_path / "none"}).expect(0)
    nxctl("completion", "tests", "ffff", env={"NEXTEST_STATE_DIR": plain.state}).expect(96)
    assert "unexpected argument 'x'" in nxctl("completion", "bash", "x").expect(2).err


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_offers_runs_and_tests(nxctl, plain, tmp_path):
    f = script(nxctl, "fish", tmp_path)
    env = {**nxctl.env, "NEXTEST_STATE_DIR": str(plain.state), "PATH": f"{nxctl.path.parent}:{nxctl.env['PATH']}"}

    def offered(line):
        done = subprocess.run(["fish", "-Nc", f"source {f}; complete -C '{line}'"], capture_output=True, text=True, env=env,
                              cwd=tmp_path, timeout=60)
        assert done.stderr == ""
        return {w.split("\t")[0] for w in done.stdout.splitlines()}

    assert {"latest", "e96a27f6"} <= offered("nxctl info ") and {"latest", "e96a27f6"} <= offered("nxctl compare latest ")
    assert offered("nxctl output latest te") == {"tests::cedar", "tests::dahlia", "tests::kelp"} == offered("nxctl history te")
    assert offered("nxctl tests --outcome timeout-f") == {"timeout-fail"}


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_zsh_loads(nxctl, tmp_path):
    f = script(nxctl, "zsh", tmp_path)
    ask = f"autoload -Uz compinit; compinit -D; source {f}; print -- $_comps[nxctl]"
    done = subprocess.run(["zsh", "-fc", ask], capture_output=True, text=True, timeout=60, env=nxctl.env)
    assert done.stdout.strip() == "_nxctl" and done.stderr == "", done
