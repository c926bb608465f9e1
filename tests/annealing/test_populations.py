"""The parts of sequential Monte Carlo, and of protocols."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.annealing import (
    AnnealingSettings,
    Protocol,
    of_even_variance,
    power_protocol,
    systematic,
)


def test_systematic_resampling_keeps_the_mean_and_rounds_only():
    """Counts of 20000 resamplings: the means within 5 sigma of N w, none off by one or more."""
    weights = jnp.asarray([0.31, 0.02, 0.47, 0.2])
    keys = jax.random.split(jax.random.key(1), 20000)
    chosen = np.asarray(jax.vmap(lambda key: systematic(key, weights))(keys))
    counts = np.stack([(chosen == k).sum(axis=1) for k in range(4)], axis=1)
    wanted = 4 * np.asarray(weights)
    assert (np.abs(counts - wanted) < 1).all()
    sigma = np.sqrt((wanted % 1) * (1 - wanted % 1) / 20000)
    assert (np.abs(counts.mean(axis=0) - wanted) < 5 * sigma + 1e-12).all()


def test_protocols_end_at_the_target():
    assert np.allclose(power_protocol(4).times, [0.25, 0.5, 0.75, 1.0])
    assert np.allclose(power_protocol(2, 2.0).times, [0.25, 1.0])
    for wrong in ([0.5], [0.5, 0.5, 1.0], [0.2, 0.1, 1.0], [float("nan"), 1.0], []):
        with pytest.raises(ValueError, match="times"):
            Protocol(wrong)


def test_even_variances_cut_the_thermodynamic_length_evenly():
    """Levels crowd where the work of one has a large variance, here (g dt)^2 with g = 1 + 8 t."""
    protocol = power_protocol(40)
    for _ in range(6):
        edges = np.concatenate([[0.0], np.asarray(protocol.times)])
        length = np.diff(edges + 4 * edges**2)
        protocol = of_even_variance(protocol, length**2)
    edges = np.concatenate([[0.0], np.asarray(protocol.times)])
    length = np.diff(edges + 4 * edges**2)
    assert length.max() < 1.01 * length.min()


@pytest.mark.parametrize(
    "wrong",
    [
        {"protocol": "listed"},
        {"times": [0.5, 1.0]},
        {"protocol": "listed", "times": [0.5, 0.4, 1.0]},
        {"protocol": "listed", "times": [0.5, 1.0], "levels": 3},
        {"particles": 4, "backward": {}},
        {"kernel": "independence"},
        {"levels": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="validation error"):
        AnnealingSettings.with_parts().model_validate(wrong)


def test_listed_times_say_how_many_levels_there_are():
    made = AnnealingSettings.with_parts().model_validate(
        {"protocol": "listed", "times": [0.1, 0.5, 1.0]}
    )
    assert made.levels == 3
