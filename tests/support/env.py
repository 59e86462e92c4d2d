"""The environment that tests give to the programs."""
import os

# What must reach the programs all the same: where tools are, and what the sanitizers and the coverage were told.
KEEP = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
        "LLVM_PROFILE_FILE", "GCOV_PREFIX", "GCOV_PREFIX_STRIP")


def private(world):
    """Makes the directories below `world` and returns an environment that leads nowhere else."""
    env = {k: os.environ[k] for k in KEEP if k in os.environ}
    dirs = {
        "HOME": "home",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_RUNTIME_DIR": "run",
        "TMPDIR": "tmp",
    }
    for variable, name in dirs.items():
        d = world / name
        d.mkdir(parents=True, exist_ok=True)
        d.chmod(0o700)
        env[variable] = str(d)
    env.update(TZ="UTC", LANG="C.UTF-8", LC_ALL="C.UTF-8", TERM="dumb")
    return env
