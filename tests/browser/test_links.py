"""Links that open a trace in the Perfetto UI."""
import pytest

from support.perfetto import link


@pytest.mark.parametrize("version", ["current", "v52"])
def test_link(usual, recordings, perfetto, visit, version):
    """A link opens the run, under the name that its address ends with, whichever version of the UI follows it."""
    perfetto.behave(version)
    d = usual("--store", recordings / "plain" / "state")
    ui = perfetto.open_link(link(f"{d.page}traces/latest/for-people.json")).wait()
    assert ui.value("SELECT count(*) FROM slice") == 4
    assert ui.title.startswith("for-people.json")
    assert ui.import_errors() == []
    visit.shot(ui.page)
