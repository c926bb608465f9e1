"""Bits of all files of a finished run, flipped one after the other: each flip is noticed."""

import random
import shutil

import pytest

from latflow.runs.store import check_latest_checkpoint, read_arrays, read_segment, read_warm_up

from .damage import flips_refused

FILES = {
    "chains/hmc/segment-000000.h5": lambda path: read_segment(path),
    "chains/hmc/warm-up.h5": lambda path: read_warm_up(path.parent),
    "training/evaluation.h5": lambda path: read_arrays(path, "resume"),
    "training/layers.h5": lambda path: read_arrays(path, "resume"),
    "training/checkpoint": lambda path: check_latest_checkpoint(path.parent),
}


def flip_some(folder, tmp_path, name, count, seed):
    """Flips of random bits: half of them in the first block, which is the shortest part."""
    shutil.copytree(folder.path, tmp_path / "run")
    path = tmp_path / "run" / name
    if not path.suffix:
        path = max(path.parent.glob("checkpoint-*.eqx"))
    rng, size = random.Random(seed), path.stat().st_size
    ends = [512 if number % 2 else size for number in range(count)]
    places = [(rng.randrange(end), rng.randrange(8)) for end in ends]
    assert flips_refused(path, places, lambda: FILES[name](path), "") == count


@pytest.mark.parametrize("name", FILES)
def test_flips_are_noticed(finished, tmp_path, name):
    flip_some(finished[0], tmp_path, name, 200, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_thousands_of_flips_are_noticed(finished, tmp_path, name):
    flip_some(finished[0], tmp_path, name, 5000, 2)
