"""The shape of the tail of importance weights."""

import numpy as np
import pytest

from latflow.analysis import pareto_shape


@pytest.mark.parametrize("shape", [0.3, 0.7, 1.2])
def test_pareto_weights_have_the_shape_they_were_drawn_with(shape):
    """w = U^-k; four standard deviations (1 + k) / sqrt(tail), and the pull of the prior."""
    n = 100_000
    log_w = -shape * np.log(np.random.default_rng(5).random(n)) - 700
    tail = 3 * np.sqrt(n)
    prior = 10 * abs(shape - 0.5) / (tail + 10)
    assert pareto_shape(log_w) == pytest.approx(shape, abs=4 * (1 + shape) / np.sqrt(tail) + prior)


def test_nearly_equal_weights_have_a_light_tail():
    log_w = 0.1 * np.random.default_rng(1).normal(size=20_000)
    assert pareto_shape(log_w) < 0.3
    # Whatever the constant.
    assert pareto_shape(log_w + 1e4) == pytest.approx(pareto_shape(log_w), abs=1e-6)


def test_nothing_is_said_of_too_few_or_equal_weights():
    assert np.isnan(pareto_shape(np.zeros(50)))
    assert np.isnan(pareto_shape(np.zeros(5000)))
