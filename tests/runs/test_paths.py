"""Paths in configurations: absolute at work, relative in the folder of a run."""

import os
import tomllib

import pytest

from latflow.errors import ConfigError
from latflow.runs import RunFolder, config_from, load_config

from .conftest import TINY


def with_initial(raw, path):
    return raw | {"model": raw["model"] | {"initial": path}}


@pytest.fixture
def raw():
    return tomllib.loads(TINY.read_text("utf-8"))


def test_paths_are_relative_to_the_working_folder(raw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = config_from(with_initial(raw, "there/../run"))
    assert config.model.initial == str(tmp_path / "run")


def test_home(raw, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_from(with_initial(raw, "~/run")).model.initial == str(tmp_path / "run")


def test_a_run_stores_them_relative_to_itself_and_may_be_moved(raw, tmp_path):
    config = config_from(with_initial(raw, str(tmp_path / "a" / "other")))
    folder = RunFolder.create(tmp_path / "a" / "run", config)
    stored = tomllib.loads((folder.path / "config.toml").read_text("utf-8"))
    assert stored["model"]["initial"] == os.path.join("..", "other")
    digest = folder.config().training_digest()
    (tmp_path / "a").rename(tmp_path / "b")
    moved = RunFolder(tmp_path / "b" / "run").config()
    assert moved.model.initial == str(tmp_path / "b" / "other")
    assert moved.training_digest() == digest


def test_what_is_far_away_stays_absolute(raw, tmp_path):
    config = config_from(with_initial(raw, "/somewhere/else"))
    folder = RunFolder.create(tmp_path / "run", config)
    stored = tomllib.loads((folder.path / "config.toml").read_text("utf-8"))
    assert stored["model"]["initial"] == "/somewhere/else"


@pytest.mark.parametrize("path", ["", "a\x00b", "a\nb", "x" * 300, "x/" * 2500])
def test_what_is_no_path(raw, path):
    with pytest.raises(ConfigError, match=r"model\.initial"):
        config_from(with_initial(raw, path))


def test_training_starts_from_a_run_of_this_name(raw, tmp_path):
    """Where it lies does not matter; that it is another one does."""
    digests = {
        config_from(with_initial(raw, f"/{place}")).training_digest()
        for place in ("a/run", "b/run", "a/other")
    }
    assert len(digests) == 2


def test_two_runs_are_not_made_in_one_folder(tmp_path):
    config = load_config(TINY)
    RunFolder.create(tmp_path / "run", config)
    with pytest.raises(Exception, match="already exists"):
        RunFolder.create(tmp_path / "run", config)
