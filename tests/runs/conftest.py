"""A tiny run that many tests share."""

from pathlib import Path

import pytest

from latflow.runs import RunFolder, load_config, run

TINY = Path(__file__).with_name("tiny.toml")


@pytest.fixture(scope="session")
def tiny_config():
    """The configuration of the tiny run."""
    return load_config(TINY)


@pytest.fixture(scope="session")
def finished(tiny_config, tmp_path_factory):
    """A tiny run that was never interrupted, and its summary; not to be changed."""
    folder = RunFolder.create(tmp_path_factory.mktemp("finished") / "run", tiny_config)
    return folder, run(folder)
