"""Sublattices, heat bath and over-relaxation: what one update does and leaves alone."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstest, vonmises

from latflow.errors import ConfigError
from latflow.fields.links import wrapped
from latflow.kernels import HeatBath, HeatBathSettings
from latflow.kernels.gauge._colours import colours, put, take
from latflow.kernels.gauge._heat_bath import _reflect_all
from latflow.lattice import Lattice
from latflow.theories import Phi4, U1Gauge


@pytest.mark.parametrize("shape", [(4, 6), (3, 4), (5, 2, 3)])
def test_sublattices_are_a_partition_without_neighbours(shape):
    lattice = Lattice(shape)
    axes = tuple(range(1, len(shape)))
    sites = jnp.arange(lattice.volume).reshape(shape)
    owner = -np.ones(shape, int)
    for number, colour in enumerate(colours(lattice, axes)):
        own = np.asarray(take(sites, colour)).reshape(-1)
        assert (owner.reshape(-1)[own] == -1).all()
        owner.reshape(-1)[own] = number
    assert (owner >= 0).all()
    for axis in axes:
        assert (owner != np.roll(owner, 1, axis)).all()
    # A part that does not act on itself along axis 0 is not cut along it.
    assert (owner == owner[:1]).all()


@pytest.mark.parametrize("batched", [False, True])
def test_what_is_put_is_what_is_taken(batched):
    lattice, random = Lattice((5, 4)), np.random.default_rng(0)
    values = {"a": random.normal(size=(3, 2, 5, 4)), "b": random.normal(size=(3, 5, 4))}
    values = jax.tree.map(jnp.asarray, values)
    for colour in colours(lattice, (0, 1)):

        def swap(tree, colour=colour):
            part = take(tree, colour)
            return part, put(tree, colour, jax.tree.map(lambda x: x + 100, part))

        if batched:
            parts, changed = jax.vmap(swap)(values)
        else:
            parts, changed = swap(jax.tree.map(lambda x: x[0], values))
        ranges = tuple(slice(*limits) for limits in colour)
        for name, leaf in values.items():
            expected = np.array(leaf if batched else leaf[0])
            np.testing.assert_array_equal(parts[name], expected[(..., *ranges)])
            expected[(..., *ranges)] += 100
            np.testing.assert_array_equal(changed[name], expected)


@pytest.mark.parametrize("shape", [(4, 6), (3, 5), (2, 2, 3)])
def test_staples_on_a_sublattice_are_those_of_all_sites(shape):
    theory = U1Gauge(Lattice(shape), beta=1.5)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    for part in theory.local_parts:
        everywhere = theory.staples(field, part)
        for colour in colours(theory.space.lattice, theory.neighbour_axes(part)):

            def restricted(field, part=part, colour=colour):
                return theory.staples_on(field, part, lambda x: take(x, colour))

            there = jax.jit(restricted)(field)
            for one, all_of_them in zip(there, everywhere, strict=True):
                np.testing.assert_allclose(one, take(all_of_them, colour), atol=1e-14)


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 4)])
def test_staples_are_the_slope_of_the_action(shape):
    """A link's part of the action is -beta Re(e^(i theta) A), up to what does not change."""
    theory = U1Gauge(Lattice(shape), beta=1.5)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    site = (1,) * len(shape)
    for part in theory.local_parts:
        staples = jax.jit(lambda field, part=part: theory.staples(field, part))(field)
        modulus, angle = (leaf[site] for leaf in staples)
        moved = field.at[(part, *site)].add(0.7)
        old = field[(part, *site)]
        rise = -1.5 * modulus * (jnp.cos(old + 0.7 + angle) - jnp.cos(old + angle))
        np.testing.assert_allclose(theory.action(moved) - theory.action(field), rise, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 6), (3, 5)])
def test_reflections_keep_the_action_and_undo_each_other(shape):
    theory = U1Gauge(Lattice(shape), beta=1.5)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    swept, _ = jax.jit(lambda f: _reflect_all(theory, False, f, None))(field)
    assert float(jnp.abs(wrapped(swept - field)).max()) > 1
    np.testing.assert_allclose(theory.action(swept), theory.action(field), atol=1e-11)


@pytest.mark.parametrize("shape", [(4, 6), (2, 4, 3)])
def test_a_reflection_of_one_sublattice_keeps_the_action_and_undoes_itself(shape):
    """Any dimension: two staples are added in closed form, more by an arctangent."""
    theory = U1Gauge(Lattice(shape), beta=1.5)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    colour = colours(theory.space.lattice, theory.neighbour_axes(1))[-1]
    density = theory.local_distribution(1)

    def reflected(field):
        old = take(theory.local_values(field, 1), colour)
        staples = theory.staples_on(field, 1, lambda x: take(x, colour))
        new = put(theory.local_values(field, 1), colour, density.reflect(staples, old))
        return theory.with_local_values(field, 1, new)

    once = jax.jit(reflected)(field)
    twice = jax.jit(reflected)(once)
    assert float(jnp.abs(wrapped(once - field)).max()) > 1
    np.testing.assert_allclose(theory.action(once), theory.action(field), atol=1e-11)
    np.testing.assert_allclose(wrapped(twice - field), 0, atol=1e-13)


@pytest.mark.parametrize(("beta", "modulus"), [(2.0, 1.3), (2.0, -0.8), (-1.5, 1.0), (2.0, 0.0)])
def test_draws_have_the_density_of_a_link(beta, modulus):
    theory, count = U1Gauge(Lattice((2, 2)), beta=beta), 20000
    staples = theory.staples(theory.space.cold(jnp.float64), 0)
    staples = type(staples)(jnp.full(count, modulus), jnp.full(count, 0.9))
    old = jax.random.uniform(jax.random.key(1), (count,), jnp.float64, -np.pi, np.pi)
    drawn = theory.local_distribution(0).draw(jax.random.key(0), staples, old)
    kappa = beta * modulus
    around = np.asarray(wrapped(drawn + 0.9 + (np.pi if kappa < 0 else 0)))
    if kappa == 0:
        assert kstest(around, lambda x: (x + np.pi) / 2 / np.pi).pvalue > 1e-4
    else:
        # Fewer than 3.2 % stay where they were, uniform: that is not seen with as many.
        moved = np.asarray(drawn) != np.asarray(wrapped(old))
        assert moved.mean() > 0.96
        stayed = np.isclose(wrapped(drawn - old), 0, atol=1e-12)
        assert kstest(around[~stayed], vonmises(abs(kappa)).cdf).pvalue > 1e-4


def test_a_heat_bath_in_single_precision_stays_in_it():
    kernel = HeatBathSettings(over_relaxation=1, precision="single").build_kernel(
        U1Gauge(Lattice((4, 4)), beta=2.0)
    )
    assert isinstance(kernel, HeatBath)
    state = kernel.init(jax.random.key(0), kernel.theory.space.cold(jnp.float64))
    new, info = eqx.filter_jit(kernel.step)(jax.random.key(1), state)
    assert new.dtype == jnp.float32 and float(info["acceptance"]) == 1
    assert float(jnp.abs(new).max()) <= np.float32(np.pi)


def test_other_theories_and_extents_of_one_are_refused():
    with pytest.raises(ConfigError, match='use "hmc"'):
        HeatBath(Phi4.hopping(Lattice((4, 4)), beta=0.5, lam=0.5))
    with pytest.raises(ConfigError, match="extents of at least 2"):
        HeatBath(U1Gauge(Lattice((4, 1)), beta=2.0))
