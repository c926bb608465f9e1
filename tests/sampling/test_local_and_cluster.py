"""Local Metropolis, cluster flips, and kernels in turn."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from latflow.errors import ConfigError
from latflow.kernels import (
    HMC,
    ClusterFlips,
    ClusterSettings,
    Cycle,
    Metropolis,
    MetropolisSettings,
    describe,
)
from latflow.kernels.scalar import _metropolis as metropolis_module
from latflow.kernels.scalar._cluster import cluster_labels
from latflow.lattice import Lattice
from latflow.neighbours import neighbour_sum
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.theories import FreeScalar, Phi4

from .targets import PHI4

THEORY = Phi4.hopping(Lattice((4, 6)), beta=0.6, lam=0.5)


@pytest.mark.parametrize("shape", [(2,), (5,), (2, 2), (3, 4), (2, 3, 4), (1, 3)])
def test_neighbour_sums_are_sums_of_shifts(shape):
    lattice = Lattice(shape)
    field = jax.random.normal(jax.random.key(0), shape)
    expected = sum(
        lattice.shift(field, axis, step) for axis in range(lattice.ndim) for step in (1, -1)
    )
    np.testing.assert_allclose(neighbour_sum(lattice, field), expected, atol=1e-14)


@pytest.mark.parametrize(
    "theory",
    [PHI4, THEORY, FreeScalar(Lattice((2, 4)), m2=0.3, zeta=0.6)],
    ids=["2x2", "phi4", "free"],
)
def test_the_site_action_is_the_local_part_of_the_action(theory):
    field = jax.random.normal(jax.random.key(1), theory.space.lattice.shape)
    site = (1, 1)
    moved = field.at[site].add(0.7)
    neighbours = neighbour_sum(theory.space.lattice, field)[site]
    local = theory.site_action(moved[site], neighbours) - theory.site_action(
        field[site], neighbours
    )
    np.testing.assert_allclose(local, theory.action(moved) - theory.action(field), atol=1e-12)


def test_metropolis_updates_even_then_odd_sites():
    """A sweep equals updates site by site in that order, with the same random numbers."""
    kernel = Metropolis(THEORY, width=1.5)
    key, shape = jax.random.key(3), THEORY.space.lattice.shape
    field = jax.random.normal(jax.random.key(4), shape)
    swept, acceptance = metropolis_module._sweep(kernel, field, key)
    uniform, threshold = metropolis_module.random.uniform_and_exponential(key, shape, jnp.float64)
    expected, accepted = np.array(field), 0
    parity = THEORY.space.lattice.parity
    for odd in (False, True):
        for site in np.argwhere(parity == odd):
            site = tuple(site)
            proposed = expected.copy()
            proposed[site] += 1.5 * (2 * float(uniform[site]) - 1)
            rise = float(
                THEORY.action(jnp.asarray(proposed)) - THEORY.action(jnp.asarray(expected))
            )
            if rise < float(threshold[site]):
                expected, accepted = proposed, accepted + 1
    np.testing.assert_allclose(swept, expected, atol=1e-12)
    assert float(acceptance) == accepted / parity.size
    assert 0 < accepted < parity.size


@pytest.mark.slow
def test_metropolis_tunes_its_width_in_the_warm_up_only():
    kernel = MetropolisSettings(width=0.05).build_kernel(THEORY, None, 16)
    states = start_chains(kernel, 1, "tune", 16, "hot")
    kernel, states = warm_up(kernel, states, 1, "tune", 600, 12)
    width = describe(kernel)["width"]
    _, segment = run_segment(kernel, states, 1, "tune", "sampling", 0, 200, 1, lambda f: {})
    assert describe(kernel)["width"] == width
    assert abs(float(np.mean(segment.infos["acceptance"])) - 0.5) < 0.02


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (7,), (1, 4), (3, 4, 5), (24, 24)])
def test_labels_name_connected_components(shape):
    lattice, random = Lattice(shape), np.random.default_rng(1)
    label = jax.jit(lambda bonds: cluster_labels(lattice, bonds))
    for filling in (0.1, 0.3, 0.5, 0.7):
        bonds = [random.uniform(size=shape) < filling for _ in shape]
        labels = np.asarray(label([jnp.asarray(bond) for bond in bonds]))
        np.testing.assert_array_equal(labels, smallest_connected_site(bonds))


def smallest_connected_site(bonds):
    """By SciPy's graph search."""
    shape, size = bonds[0].shape, bonds[0].size
    sites = np.arange(size).reshape(shape)
    ends = [(sites[b], np.roll(sites, -1, axis)[b]) for axis, b in enumerate(bonds)]
    first, second = (np.concatenate(side) for side in zip(*ends, strict=True))
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(size, size))
    count, component = connected_components(graph, directed=False)
    return np.array([np.flatnonzero(component == c).min() for c in range(count)])[component]


@pytest.mark.parametrize("sign", [1, -1])
def test_bonds_have_probability_one_minus_exp_minus_twice_the_coupling(sign):
    theory = Phi4.hopping(Lattice((2, 3)), beta=sign * 0.6, lam=0.5)
    field = jnp.array([[0.5, 1.0, -0.8], [0.9, -0.4, 0.7]])
    keys = jax.random.split(jax.random.key(0), 40000)
    bonds = jax.vmap(lambda key: ClusterFlips(theory).bonds(key, field))(keys)
    for axis in range(2):
        coupling = 2 * theory.h * field * jnp.roll(field, -1, axis)
        expected = np.maximum(0, 1 - np.exp(-np.asarray(coupling)))
        measured = np.asarray(bonds[axis]).mean(axis=0)
        np.testing.assert_array_equal(measured[expected == 0], 0)
        assert (np.abs(measured - expected) < 4 * np.sqrt(0.25 / len(keys))).all()


def test_clusters_flip_whole_and_half_of_the_time():
    kernel = ClusterFlips(PHI4)
    field = jnp.array([[3.0, 3.1], [2.9, 3.0]])  # one cluster, but for 1 in e^9
    step, flips = eqx.filter_jit(kernel.step), []
    for number in range(200):
        new, info = step(jax.random.key(number), field)
        ratio = np.asarray(new / field)
        assert abs(ratio).max() == 1
        assert (ratio == ratio[0, 0]).all()
        assert float(info["clusters"]) == 0.25
        flips.append(ratio[0, 0] < 0)
    assert 70 < sum(flips) < 130


def test_a_cycle_is_its_parts_in_order():
    parts = (ClusterFlips(THEORY), HMC(THEORY, step_size=0.2, steps=3))
    cycle = Cycle(("flips", "hmc"), parts)
    field = jax.random.normal(jax.random.key(0), (4, 6))
    state, info = eqx.filter_jit(cycle.step)(
        jax.random.key(1), cycle.init(jax.random.key(2), field)
    )
    keys = metropolis_module.random.split(jax.random.key(1), 4)
    flipped, _ = eqx.filter_jit(parts[0].step)(keys[1], field)
    expected, inner = eqx.filter_jit(parts[1].step)(keys[3], parts[1].init(keys[2], flipped))
    np.testing.assert_allclose(state, expected.field, atol=1e-12)
    assert float(info["hmc_delta_h"]) == pytest.approx(float(inner["delta_h"]))
    assert float(info["acceptance"]) == min(1.0, float(info["hmc_acceptance"]))
    assert float(info["flips_acceptance"]) == 1


def test_tuning_passes_through_a_cycle():
    kernel = ClusterSettings(update={"kernel": "metropolis", "width": 0.1}).build_kernel(
        THEORY, None, 16
    )
    states = start_chains(kernel, 1, "tune", 16, "cold")
    tuned, _ = warm_up(kernel, states, 1, "tune", 200, 10)
    assert describe(kernel) == {"metropolis_width": 0.1}
    assert describe(tuned)["metropolis_width"] > 1


def test_a_cycle_keeps_the_lowest_precision():
    kernel = ClusterSettings(update={"kernel": "hmc", "precision": "single"}).build_kernel(
        THEORY, None, 1
    )
    state = kernel.init(jax.random.key(0), jnp.ones((4, 6)))
    assert state.dtype == jnp.float32
    assert jax.eval_shape(kernel.step, jax.random.key(0), state)[0].dtype == jnp.float32


def test_cycles_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="distinct name"):
        Cycle(("a", "a"), (ClusterFlips(THEORY), ClusterFlips(THEORY)))
    with pytest.raises(ConfigError, match="one theory"):
        Cycle(("a", "b"), (ClusterFlips(THEORY), ClusterFlips(PHI4)))
