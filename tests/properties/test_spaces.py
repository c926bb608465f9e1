"""Geometry of the field space of every theory: motion, momenta, measure, and refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import FieldError
from latflow.fields import from_named_arrays, named_arrays

from .cases import NAMES, TESTED, THEORIES, added, distance, field_of, scaled, velocity_at

DRAWS = 4000
# A correct space fails one of the statistical checks with probability 6e-5.
SIGMAS = 4.0


@pytest.mark.parametrize("name", TESTED)
def test_structure(name):
    """Fields are what the space says, in both precisions, and go through named arrays."""
    space = THEORIES[name].space
    for dtype in (jnp.float32, jnp.float64):
        for field in (space.random(jax.random.key(0), dtype), space.cold(dtype)):
            space.check(field)
            assert jax.tree.map(lambda x: (x.shape, x.dtype), field) == jax.tree.map(
                lambda x: (tuple(x.shape), x.dtype), space.structure(dtype)
            )
    again = from_named_arrays(space.structure(jnp.float64), named_arrays(field))
    assert distance(again, field) == 0
    assert space.n_numbers >= space.n_variables > 0


@pytest.mark.parametrize("name", TESTED)
def test_motion_is_reversible_and_stays_on_the_manifold(name):
    """Back with the transported velocity; what is projected does not change."""
    space = THEORIES[name].space
    field = field_of(THEORIES[name])
    velocity = velocity_at(THEORIES[name], field, scale=0.7)
    moved = space.move(field, velocity)
    carried = space.transport(field, velocity, velocity)
    assert distance(space.project(moved), moved) < 1e-13
    np.testing.assert_allclose(space.kinetic(carried), space.kinetic(velocity), rtol=1e-12)
    assert distance(space.tangent(moved, carried), carried) < 1e-12
    assert distance(space.move(moved, scaled(carried, -1.0)), field) < 1e-12
    half = scaled(velocity, 0.5)
    halfway = space.move(field, half)
    assert distance(space.move(halfway, space.transport(field, half, half)), moved) < 1e-12
    assert distance(space.move(field, scaled(velocity, 0.0)), field) < 1e-15


@pytest.mark.parametrize("name", TESTED)
def test_project_is_idempotent_and_heals(name):
    """A field a little off its manifold comes back to a field close by."""
    space = THEORIES[name].space
    field = field_of(THEORIES[name])
    noise = jax.tree.map(
        lambda leaf: (
            1e-6 * np.random.default_rng(0).normal(size=leaf.shape).astype(leaf.real.dtype)
        ),
        field,
    )
    once = space.project(added(field, noise))
    assert distance(space.project(once), once) < 1e-13
    assert distance(once, field) < 2e-5


@pytest.mark.parametrize("name", TESTED)
def test_momenta_have_the_density_of_the_kinetic_energy(name):
    """Mean and variance of the energy are those of n/2 squared normal numbers."""
    space, n = THEORIES[name].space, THEORIES[name].space.n_variables
    field = field_of(THEORIES[name])

    @jax.jit
    def energies(keys):
        draw = lambda key: space.tangent(field, space.momentum(key, jnp.float64))  # noqa: E731
        return jax.vmap(lambda key: space.kinetic(draw(key)))(keys)

    energy = np.asarray(energies(jax.random.split(jax.random.key(3), DRAWS)))
    assert abs(energy.mean() - n / 2) < SIGMAS * np.sqrt(n / 2 / DRAWS)
    # Fourth cumulant of a chi-squared variable of n degrees of freedom, halved: 3 n.
    spread = np.sqrt((3 * n + 2 * (n / 2) ** 2) / DRAWS)
    assert abs(energy.var(ddof=1) - n / 2) < SIGMAS * spread


@pytest.mark.parametrize("name", [name for name in NAMES if THEORIES[name].space.is_compact])
def test_hot_fields_are_uniform(name):
    """The measure is invariant under motion along a fixed velocity field of the group or sphere:
    first moments vanish, and all entries of an array have the same second moment."""
    space = THEORIES[name].space
    # Angles are zero in a cold field; no unit vector and no group element is.
    are_angles = jax.tree.map(lambda leaf: not leaf.any(), space.cold(jnp.float64))

    @jax.jit
    def moments(keys):
        fields = jax.vmap(lambda key: space.random(key, jnp.float64))(keys)
        return jax.tree.map(lambda x, a: jnp.exp(1j * x) if a else x, fields, are_angles)

    values = moments(jax.random.split(jax.random.key(5), DRAWS))
    for leaf in jax.tree.leaves(values):
        flat = np.asarray(leaf).reshape(DRAWS, -1)
        second = (np.abs(flat) ** 2).mean(axis=0)
        error = np.abs(flat).std(axis=0) / np.sqrt(DRAWS) + np.sqrt(second / DRAWS)
        assert (np.abs(flat.mean(axis=0)) < (SIGMAS + 1) * error).all()
        assert abs(second / second.mean() - 1).max() < (SIGMAS + 1) * 1.5 / np.sqrt(DRAWS)


@pytest.mark.parametrize("name", TESTED)
def test_what_is_no_field_is_refused(name):
    """Wrong shape, wrong kind of numbers, wrong structure; inside of transformations too."""
    space = THEORIES[name].space
    field = field_of(THEORIES[name])
    bad = [
        jax.tree.map(lambda leaf: leaf[..., None], field),
        jax.tree.map(lambda leaf: leaf.reshape(-1), field),
        jax.tree.map(lambda leaf: leaf[..., :1], field),
        jax.tree.map(lambda leaf: jnp.ones(leaf.shape, jnp.int32), field),
        [field],
    ]
    for wrong in bad:
        with pytest.raises(FieldError, match=" on "):
            space.check(wrong)

    def checked(field):
        space.check(field)
        return 0

    jax.vmap(checked)(jax.tree.map(lambda leaf: leaf[None], field))
    with pytest.raises(FieldError):
        jax.jit(checked)(bad[0])
