"""A cargo project of the test's own, and real cargo-nextest to record its runs."""
import pytest

from support.cargo import Project, need_nextest


@pytest.fixture(scope="session")
def build_dir(tmp_path_factory):
    """Where all of them are built: what is the same is compiled once."""
    need_nextest()
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def project(tmp_path, clean_env, build_dir):
    return Project(tmp_path, clean_env, build_dir)
