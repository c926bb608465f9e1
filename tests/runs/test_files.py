"""Files appear whole or not at all, and damage is noticed."""

import json
import os

import numpy as np
import pytest

from latflow.errors import RunFolderError
from latflow.runs import RunFolder
from latflow.runs.store import (
    ArrayFile,
    ChainOrigin,
    StoredSegment,
    StoredWarmUp,
    WantedChain,
    append_metrics,
    locked,
    read_arrays,
    read_chain,
    read_metrics,
    remove_leftovers,
    to_json,
    truncate_metrics,
    write_arrays,
    write_segment,
    write_text,
    write_warm_up,
    written_aside,
)
from latflow.stopwatch import Spent


class CrashError(Exception):
    """Stands for a process that dies."""


def test_a_crash_while_writing_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(CrashError), written_aside(path) as aside:
        aside.write_text("half of the n")
        raise CrashError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_what_a_killed_process_left_behind_is_removed(tmp_path):
    inner = tmp_path / "chains" / "hmc"
    inner.mkdir(parents=True)
    (inner / ".segment-000003.h5.123.aside").write_text("half")
    (inner / "segment-000002.h5").write_text("whole")
    remove_leftovers(tmp_path)
    assert os.listdir(inner) == ["segment-000002.h5"]


def test_json_is_valid_whatever_the_numbers():
    text = to_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": (1, None)})
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": [1, None]}


@pytest.fixture
def arrays():
    return ArrayFile(
        {
            "measurements/m": np.arange(6.0).reshape(2, 3),
            "state/0000": np.array(3, np.int32),
            "configurations": np.zeros((0, 4, 4)),
        },
        {"seconds": 1.25, "first_sample": 7, "name": "x"},
    )


def test_arrays_read_back_exactly(tmp_path, arrays):
    write_arrays(tmp_path / "a.h5", arrays)
    back = read_arrays(tmp_path / "a.h5", "remedy")
    assert back.attributes == arrays.attributes
    assert back.arrays.keys() == arrays.arrays.keys()
    for name, array in arrays.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        assert np.array_equal(back.arrays[name], array)
    assert list(back.group("measurements")) == ["m"]


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_damaged_arrays_are_refused_with_a_remedy(tmp_path, arrays, damage):
    path = tmp_path / "a.h5"
    write_arrays(path, arrays)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        position = content.find(np.arange(6.0).tobytes()) + 10
        content[position] ^= 1
    path.write_bytes({"flip": content, "truncate": content[:-200], "empty": b""}[damage])
    with pytest.raises(RunFolderError, match=r"a\.h5.*; delete it"):
        read_arrays(path, "delete it")


def test_metrics_survive_a_crash_in_the_middle_of_a_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_metrics(path, 0, {"loss": np.array([1.5, np.nan]), "ess": np.array([0.1, 0.2])})
    append_metrics(path, 2, {"loss": np.array([0.1], np.float32), "ess": np.array([0.3])})
    with open(path, "a") as file:
        file.write('{"step": 4, "lo')
    metrics = read_metrics(path)
    assert metrics["step"].tolist() == [1, 2, 3]
    assert metrics["loss"][2] == np.float32(0.1)
    assert np.isnan(metrics["loss"][1])
    truncate_metrics(path, 2)
    assert read_metrics(path)["step"].tolist() == [1, 2]


def test_two_processes_cannot_work_on_one_run(tmp_path):
    refused = pytest.raises(RunFolderError, match="another process")
    with locked(tmp_path), refused, locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_new_run_takes_nobodys_place(tmp_path, tiny_config):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="not empty"):
        RunFolder.create(tmp_path, tiny_config)
    assert os.listdir(tmp_path) == ["notes.txt"]
    with pytest.raises(RunFolderError, match="not a run folder"):
        RunFolder(tmp_path)
    with pytest.raises(RunFolderError, match="cannot be written"):
        RunFolder.create(tmp_path / "notes.txt" / "run", tiny_config)


def test_an_empty_folder_may_become_a_run(tmp_path, tiny_config):
    assert RunFolder.create(tmp_path, tiny_config).config() == tiny_config


def test_fields_of_several_parts_are_kept_by_name(tmp_path):
    """Real links and complex spins of two segments, of which the second keeps nothing."""
    rng = np.random.default_rng(1)
    links = rng.normal(size=(3, 2, 2, 4, 4))
    spins = rng.normal(size=(3, 2, 2, 4, 4)) + 1j * rng.normal(size=(3, 2, 2, 4, 4))
    empty = {"links": links[:, :0], "z": spins[:, :0]}
    origin = ChainOrigin("hmc", "d", "")
    rest = {
        "spent": Spent(1.0), "compiling": Spent(8.0), "state": [np.arange(3)], "origin": origin,
        "tuned": {"step_size": 0.1}, "warm_up_spent": Spent(2.0),
    }  # fmt: skip
    infos = {"acceptance": np.ones((3, 5))}
    warm_up = StoredWarmUp(1, [], [], {"step_size": 0.1}, Spent(2.0), origin)
    write_warm_up(tmp_path, warm_up)
    previous = warm_up.identity
    for index, kept in enumerate(({"links": links, "z": spins}, empty)):
        series = {"e": np.full((3, 5), float(index))}
        place = {"index": index, "first_sample": 5 * index, "previous": previous}
        segment = StoredSegment(series, infos, kept, **place, **rest)
        write_segment(tmp_path, segment)
        previous = segment.link.identity
    data = read_chain(tmp_path, WantedChain(origin, 3, 10, 5))
    assert (data.n_samples, data.n_kept) == (10, 2)
    assert data.configurations.keys() == {"links", "z"}
    assert np.array_equal(data.configurations["links"], links)
    assert np.array_equal(data.configurations["z"], spins)
    assert np.array_equal(data.oldest_first("z")[3], spins[0, 1])
    assert (data.tuned, data.warm_up_seconds) == ({"step_size": 0.1}, 2.0)
    fewer = read_chain(tmp_path, WantedChain(origin, 3, 7, 5))
    assert (fewer.n_samples, fewer.n_kept, fewer.seconds) == (7, 2, 1.4)


@pytest.mark.parametrize("version", [None, 1, 2, 4])
def test_a_run_folder_of_another_version_is_refused_in_one_line(tmp_path, tiny_config, version):
    folder = RunFolder.create(tmp_path / "run", tiny_config)
    path = folder.path / "config.toml"
    line = "" if version is None else f"format = {version}\n"
    path.write_text(path.read_text().replace("format = 3\n", line))
    with pytest.raises(RunFolderError, match=r"format \d, of another version of latflow") as error:
        folder.config()
    assert "\n" not in str(error.value)
