"""What a step of training takes, from the checkpoints."""

import jax.numpy as jnp
import pytest

from latflow.runs import RunFolder, time_per_step
from latflow.runs.store import Checkpoint, write_checkpoint
from latflow.stopwatch import Spent
from latflow.training import TrainingState


def test_a_step_takes_what_passed_between_the_last_two_checkpoints(tmp_path):
    (tmp_path / "config.toml").write_text("")
    folder = RunFolder(tmp_path)
    folder.made(folder.training_path)
    assert time_per_step(folder) is None
    # Sixty seconds of compilation before the first hundred steps of 0.1 seconds.
    for step, spent in ((0, Spent(0, 0)), (100, Spent(70, 90)), (250, Spent(85, 120))):
        state = TrainingState(jnp.ones(2), (), jnp.asarray(step))
        write_checkpoint(folder.training_path, Checkpoint(state, step, spent, 0.0), "digest")
        if step == 0:
            assert time_per_step(folder) is None
    pace = time_per_step(folder)
    assert pace == pytest.approx((0.1, 0.2))
    assert time_per_step(folder, stage=0) is None
