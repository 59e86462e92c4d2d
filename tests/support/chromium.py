"""A headless Chromium of our own, with a fresh profile, that is steered over its debugging port.

Started by us and not by the library that steers it, whose switches turn off what is under test (the permission to
reach loopback addresses).
"""
import shutil
import subprocess
import time
from pathlib import Path

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--disable-breakpad", "--ignore-certificate-errors", "--mute-audio", "--window-size=1400,900",
         "--remote-debugging-port=0",
         # To compile the UI's engine a second time, and better, takes longer than all that it computes here.
         "--js-flags=--liftoff-only")


def find():
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Chromium:
    """with Chromium(scratch, {"host[:port]": "127.0.0.1:port"}, public=[...]) as c: c.endpoint

    `public` names addresses (IP:port) that the browser is to take for public ones, as those of a web site are.
    """

    def __init__(self, scratch, hosts, public, env):
        self.profile = Path(scratch) / "profile"
        rules = ",".join(f"MAP {name} {to}" for name, to in hosts.items())
        spaces = ",".join(f"{a}=public" for a in public)
        argv = [find(), *FLAGS, f"--user-data-dir={self.profile}", f"--host-resolver-rules={rules}",
                f"--ip-address-space-overrides={spaces}", "about:blank"]
        self.log = Path(scratch) / "chromium.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_ready(self, timeout=60):
        port, deadline = self.profile / "DevToolsActivePort", time.monotonic() + timeout
        while True:
            words = port.read_text().split() if port.exists() else []
            if len(words) == 2:
                return f"http://127.0.0.1:{words[0]}"
            assert self.process.poll() is None and time.monotonic() < deadline, \
                f"chromium did not start: {self.log.read_text(errors='replace')[-4000:]}"
            time.sleep(0.02)

    def __enter__(self):
        try:
            self.endpoint = self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
