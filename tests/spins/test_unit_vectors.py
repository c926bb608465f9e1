"""Real and complex unit vectors: the geometry of a product of spheres.

What every space must have is tested for all theories in ``tests/properties``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import FieldError
from latflow.fields import ComplexUnitVectors, UnitVectors, inner_product, scaled
from latflow.lattice import Lattice

pytestmark = pytest.mark.usefixtures("strict_promotion")

SPACES = {
    "R^2": UnitVectors(Lattice((3, 2)), 2),
    "R^3": UnitVectors(Lattice((4,)), 3),
    "C^2": ComplexUnitVectors(Lattice((2, 3)), 2),
    "C^3": ComplexUnitVectors(Lattice((4,)), 3),
}


@pytest.fixture(params=SPACES.values(), ids=SPACES)
def space(request):
    return request.param


def everywhere(number, field):
    """The same number on all sites, in the precision of the field."""
    return jnp.full(field.shape[1:], number, field.real.dtype)


def tangents(space, count):
    """A field and tangent vectors there."""
    field = space.random(jax.random.key(0), jnp.float64)
    keys = jax.random.split(jax.random.key(1), count)
    return field, [space.tangent(field, space.momentum(key, jnp.float64)) for key in keys]


def test_random_fields_are_uniform_on_the_spheres(space):
    """All moments of second order, and the fourth ones; sites are independent.

    About 200 deviates per space against 5.5 standard errors: a false alarm in 10^5.
    """
    draws = 20_000
    keys = jax.random.split(jax.random.key(1), draws)
    fields = np.asarray(jax.jit(jax.vmap(lambda key: space.random(key, jnp.float64)))(keys))
    if np.iscomplexobj(fields):
        fields = np.concatenate([fields.real, fields.imag], axis=1)
    d = fields.shape[1]
    np.testing.assert_allclose((fields**2).sum(axis=1), 1, rtol=1e-14)
    flat = fields.reshape(draws, -1)
    assert np.abs(flat.mean(axis=0)).max() < 5.5 * np.sqrt(1 / d / draws)
    second, fourth = flat.T @ flat / draws, 3 / (d * (d + 2))
    assert np.abs(second - np.eye(len(second)) / d).max() < 5.5 * np.sqrt(fourth / draws)
    eighth = 105 / (d * (d + 2) * (d + 4) * (d + 6))
    deviation = (flat**4).mean(axis=0) - fourth
    assert np.abs(deviation).max() < 5.5 * np.sqrt((eighth - fourth**2) / draws)


@pytest.mark.parametrize("scale", [1e-9, 3e-3, 20.0])
def test_motion_is_along_great_circles_and_back(space, scale):
    @jax.jit
    def motion():
        field, (velocity,) = tangents(space, 1)
        velocity = scaled(everywhere(scale, field), velocity)
        there = space.move(field, velocity)
        arrived = space.transport(field, velocity, velocity)
        return {
            "length": inner_product(there, there),
            "back": space.move(there, -arrived) - field,
            "orthogonal": inner_product(there, arrived),
            "chord": jnp.sqrt(inner_product(there - field, there - field)),
            "angle": jnp.sqrt(inner_product(velocity, velocity)),
        }

    found = motion()
    np.testing.assert_allclose(found["length"], 1, atol=1e-14)
    np.testing.assert_allclose(found["back"], 0, atol=1e-13)
    np.testing.assert_allclose(found["orthogonal"], 0, atol=1e-13 * scale)
    chord = 2 * np.abs(np.sin(found["angle"] / 2))
    np.testing.assert_allclose(found["chord"], chord, rtol=1e-6, atol=1e-13)


def test_motion_has_the_velocity_that_transport_says(space):
    """Also the acceleration points to the centre: x'' = -|v|^2 x."""

    @jax.jit
    def motion():
        field, (velocity,) = tangents(space, 1)

        def at(t):
            return space.move(field, scaled(everywhere(1.0, field) * t, velocity))

        def velocity_of(t):
            return jax.jvp(at, (t,), (1.0,))[1]

        acceleration = jax.jvp(velocity_of, (1.0,), (1.0,))[1]
        square = inner_product(velocity, velocity)
        return (
            velocity_of(0.0) - velocity,
            velocity_of(1.0) - space.transport(field, velocity, velocity),
            acceleration + scaled(square, at(1.0)),
        )

    for difference in motion():
        np.testing.assert_allclose(difference, 0, atol=1e-12)


def test_transport_keeps_lengths_and_angles(space):
    @jax.jit
    def transports():
        field, (velocity, a, b) = tangents(space, 3)
        moved = space.move(field, velocity)
        a1, b1 = (space.transport(field, velocity, vector) for vector in (a, b))
        along = inner_product(a, velocity) / inner_product(velocity, velocity)
        across = a - scaled(along, velocity)
        return (
            inner_product(moved, a1),
            inner_product(a1, b1) - inner_product(a, b),
            # Nothing turns across the great circle.
            space.transport(field, velocity, across) - across,
        )

    for difference in transports():
        np.testing.assert_allclose(difference, 0, atol=1e-13)


def test_standing_still_is_smooth(space):
    """Velocity zero moves nothing, and derivatives there are those of a great circle."""

    @jax.jit
    def still():
        field, (velocity,) = tangents(space, 1)
        zero = jnp.zeros_like(velocity)
        _, change = jax.jvp(lambda v: space.move(field, v), (zero,), (velocity,))

        def overlap(t):
            there = space.move(field, scaled(everywhere(1.0, field) * t, velocity))
            return jnp.sum(inner_product(there, field))

        curvature = jax.grad(jax.grad(overlap))(0.0)
        return (
            space.move(field, zero) - field,
            space.transport(field, zero, velocity) - velocity,
            change - velocity,
            curvature + jnp.sum(inner_product(velocity, velocity)),
        )

    for difference in still():
        np.testing.assert_allclose(difference, 0, atol=1e-12)


def test_projection_finds_the_nearest_field(space):
    """What is taken away is perpendicular to the spheres."""

    @jax.jit
    def projected():
        field, (velocity,) = tangents(space, 1)
        off = scaled(everywhere(1.3, field), field) + scaled(everywhere(0.2, field), velocity)
        nearest = space.project(off)
        return space.tangent(nearest, off - nearest), inner_product(nearest, nearest) - 1

    for difference in projected():
        np.testing.assert_allclose(difference, 0, atol=1e-14)


def test_counts(space):
    real = space.n * (2 if isinstance(space, ComplexUnitVectors) else 1)
    volume = space.lattice.volume
    assert (space.n_numbers, space.n_variables) == (real * volume, (real - 1) * volume)
    assert space.is_compact


@pytest.mark.parametrize("kind", [UnitVectors, ComplexUnitVectors])
def test_one_component_is_refused(kind):
    with pytest.raises(FieldError, match="at least 2 components, got 1"):
        kind(Lattice((4,)), 1)
