"""A tiny cargo project without dependencies, and real cargo-nextest to record runs of it."""
import os
import shutil
import subprocess

import pytest

LIB = """
#[cfg(test)]
mod tests {
    use std::{env, fs, thread, time::Duration};

    #[test]
    fn passes() {}

    #[test]
    fn takes_a_while_größe() {
        thread::sleep(Duration::from_millis(120));
    }

    #[test]
    fn is_flaky() {
        // Good from its second attempt on: the first leaves a mark.
        let mark = env::temp_dir().join(format!("nx-flaky-{}", env::var("NEXTEST_RUN_ID").unwrap()));
        if fs::metadata(&mark).is_err() {
            fs::write(&mark, "x").unwrap();
            panic!("first \\"attempt\\"\\u{1b}[31m");
        }
    }

    #[test]
    fn fails() {
        assert_eq!(1 + 1, 3, "arithmetic");
    }

    #[test]
    #[ignore]
    fn is_left_out() {}
}
"""

CONFIG = """
[profile.default]
retries = 2
fail-fast = false
slow-timeout = { period = "50ms" }
"""

USER_CONFIG = """
[experimental]
record = true

[record]
enabled = true
"""


def need_nextest():
    """Skips where there is no cargo-nextest; $NX_NEED_NEXTEST makes that a failure."""
    cargo = shutil.which("cargo")
    found = cargo and subprocess.run([cargo, "nextest", "--version"], capture_output=True).returncode == 0
    if not found:
        if os.environ.get("NX_NEED_NEXTEST"):
            pytest.fail("cargo-nextest is not here")
        pytest.skip("cargo-nextest is not here")
    return cargo


class Project:
    """A cargo project in a private directory, with a recording store of its own."""

    def __init__(self, top, env, build_dir):
        self.cargo = need_nextest()
        self.dir, self.state = top / "seedlings", top / "nextest-state"
        for d in ("src", "tests", ".config"):
            (self.dir / d).mkdir(parents=True)
        (self.dir / "Cargo.toml").write_text('[package]\nname = "seedlings"\nversion = "0.1.0"\nedition = "2021"\n')
        (self.dir / "src/lib.rs").write_text(LIB)
        (self.dir / "tests/more.rs").write_text("#[test]\nfn other_binary() {}\n")
        (self.dir / ".config/nextest.toml").write_text(CONFIG)
        self.user_config = top / "user.toml"
        self.user_config.write_text(USER_CONFIG)
        # cargo's own home is the caller's: toolchains are there. Everything of nextest's is private.
        self.env = dict(env)
        for k in ("HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"):
            if k in os.environ:
                self.env[k] = os.environ[k]
        self.env.update(NEXTEST_STATE_DIR=str(self.state), CARGO_TARGET_DIR=str(build_dir), CARGO_NET_OFFLINE="true",
                        CARGO_TERM_COLOR="never")

    def nextest(self, *words, check=None, timeout=600):
        done = subprocess.run([self.cargo, "nextest", *words, "--user-config-file", self.user_config], cwd=self.dir,
                              env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        if check is not None:
            assert done.returncode == check, done.stderr.decode("utf-8", "replace")
        return done

    def start(self, *words):
        return subprocess.Popen([self.cargo, "nextest", *words, "--user-config-file", self.user_config], cwd=self.dir,
                                env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)

    def record(self):
        """One run, in which a test fails."""
        self.nextest("run", check=100)

    def trace(self, *words, selector="latest"):
        return self.nextest("store", "export-chrome-trace", selector, *words, check=0).stdout
