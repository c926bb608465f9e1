"""Runs trained by least squares: interrupted, gone on with, and what they leave behind."""

import json

import pytest

from latflow.runs import Interrupted, RunFolder, load_config, train, trained_model
from latflow.runs.store import checkpoint_paths

from .conftest import TINY
from .test_resume import StopAfter

SETTINGS = (
    'model.flow=[{ kind = "continuous", channels = 2, harmonics = 2, times = 2, nodes = 3, '
    "steps = 2, precise_steps = 2 }]",
    'training.objective="log-weight-variance"',
    "training.steps=3",
    "training.chunk=1",
    "training.checkpoint_every=1",
)


def test_they_end_bit_identical_and_keep_no_equations(tmp_path):
    config = load_config(TINY, SETTINGS)
    whole, pieces = (RunFolder.create(tmp_path / name, config) for name in ("whole", "pieces"))
    train(whole)
    with pytest.raises(Interrupted):
        train(pieces, should_stop=StopAfter(2))
    train(pieces)
    paths = [checkpoint_paths(run.training_path) for run in (whole, pieces)]
    one, other = (path[-1].read_bytes().partition(b"\n")[2] for path in paths)
    assert one == other
    begun, done = (path.stat().st_size for path in (paths[0][0], paths[0][-1]))
    count = json.loads(paths[0][0].read_bytes().partition(b"\n")[0])["parameters"]
    # Matrix and vector in double precision are left out of the last one.
    assert begun - done == pytest.approx(8 * (count**2 + count), rel=0.05)
    assert trained_model(whole) is not None
