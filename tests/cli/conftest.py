import pytest

from support import stores


@pytest.fixture
def plain(recordings):
    """A store of one workspace with three whole runs."""
    return Store(recordings / "plain")


@pytest.fixture
def store_of(recordings):
    """store_of("live/2-first-flush") -> Store"""
    return lambda name: Store(recordings / name)


class Store:
    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state"
        self.expected = folder / "expected"

    @property
    def index(self):
        return stores.index(self.expected)

    @property
    def runs_dir(self):
        dirs = list(stores.runs_dirs(self.state).values())
        assert len(dirs) == 1, dirs
        return dirs[0]

    @property
    def runs(self):
        """The run list's entries, newest first."""
        runs = stores.read_list(self.runs_dir)["runs"]
        return sorted(runs, key=lambda r: r["started-at"], reverse=True)

    def trace(self, run_id, form="binary"):
        return (self.expected / f"{run_id}.{form}.json").read_bytes()

    def kept_traces(self, *forms):
        """Runs whose compact traces are kept whole, by binary and in the other forms."""
        return [r["run-id"] for r in self.runs
                if all((self.expected / f"{r['run-id']}.{form}.json").exists() for form in ("binary", *forms))]
