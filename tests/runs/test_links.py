"""Links inside of a run do not lead what is written anywhere else."""

import os

import pytest

from latflow.errors import RunFolderError
from latflow.runs import RunFolder
from latflow.runs.store import write_json, write_text, written_aside


@pytest.fixture
def run(tmp_path, tiny_config):
    (tmp_path / "outside").mkdir()
    return RunFolder.create(tmp_path / "run", tiny_config)


@pytest.mark.parametrize("link", ["chains", "chains/hmc", "training", "training/stage-0"])
@pytest.mark.parametrize("target", ["outside", "run/other", "nowhere"])
def test_folders_are_not_made_through_links(run, tmp_path, link, target):
    (run.path / "other").mkdir()
    (run.path / link).parent.mkdir(exist_ok=True)
    (run.path / link).symlink_to(tmp_path / target)
    below = run.path / link / "deeper"
    with pytest.raises(RunFolderError, match="a link, which nothing is written through"):
        run.made(below)
    for place in (tmp_path / "outside", run.path / "other"):
        assert os.listdir(place) == []
    assert not (tmp_path / "nowhere").exists()


def test_the_run_itself_may_be_reached_through_links(run, tmp_path):
    (tmp_path / "linked").symlink_to(run.path)
    linked = RunFolder(tmp_path / "linked")
    assert linked.made(linked.chain_path("hmc")).is_dir()
    assert (run.path / "chains" / "hmc").is_dir()


def test_a_file_in_the_way_of_a_folder(run):
    (run.path / "chains").write_text("mine")
    with pytest.raises(RunFolderError, match="chains: a file is in the way"):
        run.made(run.chain_path("hmc"))
    assert (run.path / "chains").read_text() == "mine"


def test_nothing_above_the_run_is_made(run, tmp_path):
    with pytest.raises(RunFolderError, match="not inside of"):
        run.made(run.path / ".." / "beside")
    assert not (tmp_path / "beside").exists()


@pytest.mark.parametrize("target", ["outside/mine", "nowhere"])
def test_links_are_replaced_by_files(run, tmp_path, target):
    if target == "outside/mine":
        (tmp_path / target).write_text("mine")
    for name in ("summary.json", "report.html"):
        (run.path / name).symlink_to(tmp_path / target)
        write_text(run.path / name, "new")
        assert not (run.path / name).is_symlink()
        assert (run.path / name).read_text() == "new"
    assert not (tmp_path / "nowhere").exists()
    assert target == "nowhere" or (tmp_path / target).read_text() == "mine"


def test_a_link_where_files_are_written_aside(run, tmp_path):
    """Whoever made the run has guessed the name."""
    (tmp_path / "outside" / "mine").write_text("mine")
    with written_aside(run.path / "a.json") as aside:
        name = aside.name
        aside.write_text("x")
    (run.path / name).symlink_to(tmp_path / "outside" / "mine")
    write_json(run.path / "a.json", {"a": 1})
    assert (tmp_path / "outside" / "mine").read_text() == "mine"
    assert not (run.path / name).is_symlink()
