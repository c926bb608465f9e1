"""Differences of log Z from works there and back."""

import numpy as np
import pytest

from latflow.analysis import log_z_along, log_z_difference

# Normal works of variance s^2: forward mean F + s^2/2, backward mean -F + s^2/2, F = -log ratio.
SIGMA, DIFFERENCE = 1.7, 2.3


def works(seed, chains=8, samples=4000, shift=DIFFERENCE):
    random = np.random.default_rng(seed)
    noise = random.normal(size=(2, chains, samples)) * SIGMA + SIGMA**2 / 2
    return noise[0] - shift, noise[1] + shift


@pytest.mark.parametrize("shift", [DIFFERENCE, -60.0, 0.0])
def test_normal_works(shift):
    up, down = works(1, shift=shift)
    found = log_z_difference(up, down)
    assert found.error < 0.02
    assert abs(found.value - shift) < 3.5 * found.error


def test_its_error_is_that_of_repetitions_and_smaller_than_of_one_direction():
    values = [log_z_difference(*works(seed, samples=200)) for seed in range(100)]
    spread = np.std([one.value for one in values], ddof=1)
    stated = np.mean([one.error for one in values])
    # 100 repetitions know the spread to 7 %.
    assert abs(stated / spread - 1) < 0.25
    one_way = np.std([np.log(np.mean(np.exp(-works(seed, samples=200)[0]))) for seed in range(100)])
    assert spread < 0.8 * one_way


def test_steps_add_up_and_what_they_share_counts():
    up, down = works(3)
    other_up, other_down = works(4, shift=0.5)
    both = log_z_along([up, other_up], [down, other_down])
    steps = [log_z_difference(up, down), log_z_difference(other_up, other_down)]
    assert both.value == pytest.approx(sum(step.value for step in steps))
    assert both.error == pytest.approx(np.hypot(*(step.error for step in steps)), rel=0.1)
    twice = log_z_along([up, up], [down, down])
    assert twice.error == pytest.approx(2 * steps[0].error, rel=1e-3)


def test_what_is_not_finite_or_does_not_belong_together():
    up, down = works(5, 2, 20)
    assert np.isnan(log_z_difference(np.full_like(up, np.inf), down).error)
    with pytest.raises(ValueError, match="do not belong together"):
        log_z_along([up, up], [down])
    with pytest.raises(ValueError, match="do not belong together"):
        log_z_along([], [])
