"""The parts of sequential Monte Carlo, and of protocols."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import log_partition_function
from latflow.annealing import (
    Annealed,
    AnnealingSettings,
    OfCouplings,
    Population,
    Protocol,
    friction,
    of_even_variance,
    power_protocol,
    systematic,
)
from latflow.flows import Identity
from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.theories.scalar import FreeScalar


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


def test_populations_too_large_for_a_cache_go_in_pieces():
    """Ten particles of 128 x 128: in pieces of eight and two, of a free field to a heavier one.

    log Z of both is exact. Errors from 24 populations, whose weights are narrow: 4 sigma, a false
    alarm in some 2000 seeds with so few.
    """
    lattice = Lattice((128, 128))
    start, target = (FreeScalar(lattice, m2=m2, zeta=1.0) for m2 in (4.0, 4.02))
    base = Model(FreeField(start), Identity(start.space), "single")
    kernel = HMCSettings(trajectory=0.5, steps=3)
    annealed = Annealed(base, OfCouplings(start), power_protocol(3), kernel)
    population = Population(annealed, 10)

    @jax.jit
    def log_z(keys):
        return jax.lax.map(lambda key: population.propose(target, key)[1], keys)

    found = log_partition_function(np.asarray(log_z(jax.random.split(jax.random.key(5), 24))))
    change = float(target.known()["log_z"].value - start.known()["log_z"].value)
    # One piece left out, or one key for two of them, would be seen: the second by equal fields.
    assert found.error < 0.005 * abs(change)
    assert abs(found.value - target.known()["log_z"].value) < 4 * found.error
    fields = np.asarray(population.forward(target, jax.random.key(6)).particles.fields)
    assert len(np.unique(fields.reshape(10, -1), axis=0)) == 10


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


def test_friction_is_what_a_level_adds_to_the_variance_of_the_whole_work():
    """Works of a chain that forgets fast in the first half of the path, and slowly in the second.

    Of x_k = a x_(k-1) + noise with unit variance the covariance with the sum is (1 + a) / (1 - a),
    far from the ends; errors from 20000 draws.
    """
    rng, levels, draws = np.random.default_rng(1), 160, 20000
    memory = np.where(np.arange(levels) < levels // 2, 0.0, 0.6)
    work, x = np.empty((draws, levels)), rng.normal(size=draws)
    for k in range(levels):
        x = memory[k] * x + np.sqrt(1 - memory[k] ** 2) * rng.normal(size=draws)
        work[:, k] = x
    found = friction(work)
    assert np.allclose(found[10:70], 1.0, atol=0.25)
    assert np.allclose(found[90:150], 4.0, atol=0.5)
    placed = power_protocol(levels, 1.0, "least-dissipation").placed(work)
    steps = np.diff(placed.times)
    assert np.allclose(steps[10:60].mean() / steps[-60:-10].mean(), 2.0, rtol=0.1)
    assert placed.placement == "least-dissipation"
    assert power_protocol(levels).placed(work).placement == "as-given"
    even = power_protocol(levels, 1.0, "even-variance").placed(work)
    assert np.allclose(even.times, power_protocol(levels).times, atol=0.02)


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
