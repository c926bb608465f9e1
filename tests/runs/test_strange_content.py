"""Files that are sound as such, with a content that latflow does not write: refused in one line."""

import json
import shutil

import numpy as np
import pytest

from latflow.errors import DamagedFileError
from latflow.runs import RunFolder
from latflow.runs.store import (
    ArrayFile,
    ChainOrigin,
    StoredSegment,
    StoredWarmUp,
    read_arrays,
    read_segment,
    read_warm_up,
    write_arrays,
    write_segment,
    write_warm_up,
)
from latflow.stopwatch import Spent

ORIGIN = ChainOrigin("hmc", "digest", "")
STRANGE = {
    "none": None,
    "text": "x",
    "control characters": "\x1b[31m",
    "fraction": 0.5,
    "negative": -1,
    "infinite": float("inf"),
    "not a number": float("nan"),
    "huge": 10**30,
    "flag": True,
    "list": [1],
    "names": {"a": "b"},
}
# What each fact of a file may be, among the above.
ALLOWED = {
    "count": set(),
    "seconds": {"fraction", "huge"},
    "flag": {"flag"},
    "text": {"text"},
    "numbers": set(),
    "texts": set(),
}


def strange(facts: dict[str, str]) -> list[tuple[str, str]]:
    return [(n, what) for n, kind in facts.items() for what in STRANGE if what not in ALLOWED[kind]]


def write_again(path, attributes=None, arrays=None, without=()):
    """The same file with some changes, and a right seal."""
    content = read_arrays(path, "remedy")
    kept = {name: array for name, array in content.arrays.items() if name not in without}
    write_arrays(path, ArrayFile(kept | (arrays or {}), content.attributes | (attributes or {})))


def refused(path, read):
    with pytest.raises(DamagedFileError, match="nothing that latflow wrote") as error:
        read()
    text = str(error.value)
    assert text.startswith(f"{path}: ") and text.isprintable()


@pytest.fixture
def segment(tmp_path):
    infos = {"acceptance": np.ones((3, 5)), "energy": np.zeros((3, 5))}
    write_segment(
        tmp_path,
        StoredSegment(
            measurements={"m": np.zeros((3, 5)), "two_point": np.zeros((3, 5, 4))},
            infos=infos,
            configurations={"field": np.zeros((3, 2, 4, 4))},
            state=[np.zeros((3, 4, 4)), np.arange(3)],
            index=0, first_sample=0, previous="p", origin=ORIGIN, tuned={"step": 0.1},
            spent=Spent(2.0), compiling=Spent(1.0, 1.5), warm_up_spent=Spent(1.0),
        ),
    )  # fmt: skip
    path = tmp_path / "segment-000000.h5"
    read_segment(path)
    return path


FACTS = {
    "index": "count", "first_sample": "count", "previous": "text", "tuned": "numbers",
    "warm_up_seconds": "seconds", "seconds": "seconds", "compiling_seconds": "seconds",
    "compiling_cpu_seconds": "seconds", "compiled": "flag", "chain": "text", "digest": "text",
    "model": "text",
}  # fmt: skip


@pytest.mark.parametrize(("name", "what"), strange(FACTS))
def test_facts_of_segments(segment, name, what):
    write_again(segment, {name: STRANGE[what]})
    refused(segment, lambda: read_segment(segment))


@pytest.mark.parametrize(
    ("arrays", "without"),
    [
        ({}, ["infos/acceptance"]),
        ({"infos/acceptance": np.ones(3)}, []),
        ({"infos/acceptance": np.ones((3, 0))}, []),
        ({"infos/acceptance": np.ones((2, 5))}, []),
        ({"infos/acceptance": np.ones((3, 4))}, []),
        ({"infos/energy": np.ones((3, 5, 1))}, []),
        ({"measurements/m": np.array(1.0)}, []),
        ({"measurements/m": np.zeros((5, 3))}, []),
        ({"configurations/field": np.zeros((2, 2, 4, 4))}, []),
        ({"configurations/field": np.zeros(3)}, []),
        ({"configurations/other": np.zeros((3, 1, 4, 4))}, []),
        ({"state/0000": np.zeros((2, 4, 4))}, []),
        ({"state/0001": np.array(1)}, []),
    ],
)
def test_arrays_of_segments(segment, arrays, without):
    write_again(segment, arrays=arrays, without=without)
    refused(segment, lambda: read_segment(segment))


@pytest.mark.parametrize(
    ("name", "what"),
    strange({"rounds": "count", "tuned": "numbers", "seconds": "seconds", "chain": "text",
             "digest": "text", "model": "text"}),
)  # fmt: skip
def test_facts_of_warm_ups(tmp_path, name, what):
    stored = StoredWarmUp(3, [np.array(0.1)], [np.zeros((3, 4))], {"step": 0.1}, Spent(1.0), ORIGIN)
    write_warm_up(tmp_path, stored)
    path = tmp_path / "warm-up.h5"
    read_warm_up(tmp_path)
    write_again(path, {name: STRANGE[what]})
    refused(path, lambda: read_warm_up(tmp_path))


@pytest.fixture
def copy(finished, tmp_path):
    """The training of a finished run."""
    shutil.copytree(finished[0].path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.mark.parametrize(
    ("attributes", "arrays", "without"),
    [
        ({"names": "normal"}, {}, []),
        ({"names": ["a\n"]}, {}, []),
        ({"names": [1, 2]}, {}, []),
        ({"n_fields": -1}, {}, []),
        ({"model": None}, {}, []),
        ({}, {}, ["edges"]),
        ({}, {}, ["counts"]),
        ({}, {"counts": np.zeros((99, 80), int)}, []),
        ({}, {"fields/field": np.array(1.0)}, []),
    ],
)
def test_layer_views(copy, attributes, arrays, without):
    path = copy.training_path / "layers.h5"
    assert copy.layers() is not None
    write_again(path, attributes, arrays, without)
    refused(path, copy.layers)


@pytest.mark.parametrize(
    ("attributes", "arrays", "without"),
    [
        ({"model": 1}, {}, []),
        ({}, {}, ["log_weight"]),
        ({}, {"log_weight": np.zeros((2, 32))}, []),
        ({}, {"log_weight": np.zeros(0)}, []),
        ({}, {"log_weight": np.zeros(64, int)}, []),
        ({}, {"action": np.zeros(3)}, []),
        ({}, {"log_prob": np.array(1.0)}, []),
        ({}, {"fields/field": np.array(1.0)}, []),
    ],
)
def test_evaluations(copy, attributes, arrays, without):
    path = copy.training_path / "evaluation.h5"
    assert copy.evaluation() is not None
    write_again(path, attributes, arrays, without)
    refused(path, copy.evaluation)


def test_the_strange_facts_can_be_written(tmp_path):
    """What is refused above is refused when it is read, not when it is written."""
    write_arrays(tmp_path / "a.h5", ArrayFile({}, STRANGE))
    back = read_arrays(tmp_path / "a.h5", "remedy").attributes
    assert json.dumps(back, sort_keys=True) == json.dumps(STRANGE, sort_keys=True)
