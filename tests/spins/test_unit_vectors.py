"""Real and complex unit vectors: the geometry of a product of spheres."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import FieldError
from latflow.fields import ComplexUnitVectors, UnitVectors, inner_product
from latflow.lattice import Lattice

from .cases import SPACES, inner, quick_jit, velocity_at

pytestmark = pytest.mark.usefixtures("strict_promotion")


@pytest.fixture(params=SPACES.values(), ids=SPACES)
def space(request):
    return request.param


def norms(field):
    return np.asarray(inner_product(field, field))


def real(fields):
    """Real components: (draws, d, sites)."""
    fields = np.asarray(fields)
    if np.iscomplexobj(fields):
        fields = np.concatenate([fields.real, fields.imag], axis=1)
    return fields.reshape(*fields.shape[:2], -1)


def field_and_velocity(space, scale=1.0):
    field = space.random(jax.random.key(0), jnp.float64)
    return field, velocity_at(space, field, scale=scale)


def test_random_fields_are_uniform_on_the_spheres(space):
    """All moments up to the fourth; sites are independent.

    About 200 deviates per space against 5.5 standard errors: a false alarm in 3 10^5.
    """
    draws = 20_000
    keys = jax.random.split(jax.random.key(1), draws)
    components = real(jax.jit(jax.vmap(lambda key: space.random(key, jnp.float64)))(keys))
    d = components.shape[1]
    np.testing.assert_allclose((components**2).sum(axis=1), 1, rtol=1e-14)
    flat = components.reshape(draws, -1)
    assert np.abs(flat.mean(axis=0)).max() < 5.5 * np.sqrt(1 / d / draws)
    second = flat.T @ flat / draws
    fourth = 3 / (d * (d + 2))
    assert np.abs(second - np.eye(len(second)) / d).max() < 5.5 * np.sqrt(fourth / draws)
    eighth = 105 / (d * (d + 2) * (d + 4) * (d + 6))
    deviation = (flat**4).mean(axis=0) - fourth
    assert np.abs(deviation).max() < 5.5 * np.sqrt((eighth - fourth**2) / draws)


def test_momenta_have_the_density_of_the_kinetic_energy(space):
    """At a field, kinetic energies are Gamma(n/2) distributed with n the space's dimension."""
    draws = 20_000
    field = space.random(jax.random.key(0), jnp.float64)

    def energy(key):
        return space.kinetic(space.tangent(field, space.momentum(key, jnp.float64)))

    energies = jax.jit(jax.vmap(energy))(jax.random.split(jax.random.key(1), draws))
    n = space.n_variables
    assert abs(energies.mean() - n / 2) < 5.5 * np.sqrt(n / 2 / draws)
    assert abs(energies.var() / (n / 2) - 1) < 5.5 * np.sqrt((2 + 12 / n) / draws)


def test_tangent_vectors_are_orthogonal_to_the_spins(space):
    field, velocity = field_and_velocity(space)
    np.testing.assert_allclose(inner_product(field, velocity), 0, atol=1e-14)
    np.testing.assert_allclose(space.tangent(field, velocity), velocity, atol=1e-14)
    np.testing.assert_allclose(space.tangent(field, field), 0, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-9, 3e-3, 1.0, 20.0])
def test_motion_stays_on_the_spheres_and_is_reversible(space, scale):
    field, velocity = field_and_velocity(space, scale)

    @quick_jit
    def there_and_back(field, velocity):
        there = space.move(field, velocity)
        arrived = space.transport(field, velocity, velocity)
        return there, arrived, space.move(there, -arrived)

    there, arrived, back = there_and_back(field, velocity)
    np.testing.assert_allclose(norms(there), 1, atol=1e-14)
    np.testing.assert_allclose(inner_product(there, arrived), 0, atol=1e-13 * scale)
    np.testing.assert_allclose(back, field, atol=1e-13)
    moved = np.sqrt(norms(there - field))
    angle = np.sqrt(norms(velocity))
    np.testing.assert_allclose(moved, 2 * np.abs(np.sin(angle / 2)), rtol=1e-6, atol=1e-13)


def test_motion_follows_geodesics(space):
    """The speed is constant, and the acceleration points to the centre: x'' = -|v|^2 x."""
    field, velocity = field_and_velocity(space)
    h = 1e-3
    before, after = (space.move(field, s * h * velocity) for s in (-1, 1))
    np.testing.assert_allclose((after - before) / (2 * h), velocity, atol=1e-5)
    acceleration = (after + before - 2 * field) / h**2
    expected = -inner_product(velocity, velocity).astype(field.dtype) * field
    np.testing.assert_allclose(acceleration, expected, atol=1e-4)
    # The velocity that arrives is the derivative there.
    slope = (space.move(field, (1 + h) * velocity) - space.move(field, (1 - h) * velocity)) / 2 / h
    arrived = space.transport(field, velocity, velocity)
    np.testing.assert_allclose(arrived, slope, atol=1e-4)


def test_transport_keeps_lengths_and_angles(space):
    field, velocity = field_and_velocity(space)
    a, b = (velocity_at(space, field, seed) for seed in (5, 6))
    moved = space.move(field, velocity)
    a1, b1 = (space.transport(field, velocity, vector) for vector in (a, b))
    np.testing.assert_allclose(inner_product(moved, a1), 0, atol=1e-13)
    np.testing.assert_allclose(inner_product(a1, b1), inner_product(a, b), atol=1e-13)
    np.testing.assert_allclose(inner(space, a1, b1), inner(space, a, b), atol=1e-12)
    # Nothing turns across the great circle.
    across = a - inner_product(a, velocity) / inner_product(velocity, velocity) * velocity
    np.testing.assert_allclose(space.transport(field, velocity, across), across, atol=1e-13)


def test_standing_still_is_smooth(space):
    """Velocity zero moves nothing, and derivatives there are those of a straight line."""
    field, velocity = field_and_velocity(space)
    zero = jnp.zeros_like(velocity)
    np.testing.assert_array_equal(space.move(field, zero), field)
    np.testing.assert_array_equal(space.transport(field, zero, velocity), velocity)
    _, change = jax.jvp(lambda v: space.move(field, v), (zero,), (velocity,))
    np.testing.assert_allclose(change, velocity, atol=1e-15)
    probe = velocity_at(space, field, 7)
    curvature = jax.grad(
        lambda t: jax.grad(
            lambda t: jnp.sum(inner_product(space.move(field, (t * velocity)), field))
        )(t)
    )(0.0)
    np.testing.assert_allclose(curvature, -norms(velocity).sum(), rtol=1e-12)
    assert np.isfinite(np.asarray(space.transport(field, zero, probe))).all()


def test_projection_is_idempotent_and_finds_the_nearest_field(space):
    field, velocity = field_and_velocity(space)
    off = 1.3 * field + 0.2 * velocity
    once = space.project(off)
    np.testing.assert_allclose(norms(once), 1, atol=1e-15)
    np.testing.assert_allclose(space.project(once), once, atol=1e-15)
    # What was taken away is perpendicular to the spheres.
    np.testing.assert_allclose(space.tangent(once, off - once), 0, atol=1e-14)


def test_gradients_are_derivatives_along_geodesics(space):
    """Central differences at two step sizes: errors fall as h^2."""
    field, velocity = field_and_velocity(space)
    weights = jax.random.normal(jax.random.key(3), space.lattice.shape)

    def function(field):
        first = field[0] if not jnp.iscomplexobj(field) else (field[0] * field[-1]).real
        return jnp.sum(weights * jnp.exp(first))

    expected = inner(space, space.gradient(function, field), velocity)
    np.testing.assert_allclose(
        inner_product(field, space.gradient(function, field)), 0, atol=1e-14
    )
    errors = []
    for h in (0.02, 0.01):
        plus, minus = (function(space.move(field, s * h * velocity)) for s in (1, -1))
        errors.append(abs((plus - minus) / (2 * h) - expected))
    assert 3.8 < errors[0] / errors[1] < 4.2


def test_shapes_precisions_and_counts(space):
    n = space.n * (2 if isinstance(space, ComplexUnitVectors) else 1)
    volume = space.lattice.volume
    assert (space.n_numbers, space.n_variables) == (n * volume, (n - 1) * volume)
    assert space.is_compact
    for dtype in (jnp.float32, jnp.float64):
        struct = space.structure(dtype)
        for field in (
            space.random(jax.random.key(0), dtype),
            space.cold(dtype),
            space.momentum(jax.random.key(1), dtype),
        ):
            assert (field.shape, field.dtype) == (struct.shape, struct.dtype)
            assert space.kinetic(field).dtype == jnp.float64
        np.testing.assert_array_equal(norms(space.cold(dtype)), 1)
        velocity = space.momentum(jax.random.key(2), dtype)
        assert space.move(space.cold(dtype), velocity).dtype == struct.dtype
    space.check(space.cold(jnp.float32))
    with pytest.raises(FieldError, match="a field has"):
        space.check(space.cold(jnp.float32)[..., :-1])
    with pytest.raises(FieldError, match="a field has"):
        space.check(jnp.zeros(space.structure(jnp.float32).shape, jnp.int32))


@pytest.mark.parametrize("kind", [UnitVectors, ComplexUnitVectors])
def test_one_component_is_refused(kind):
    with pytest.raises(FieldError, match="at least 2 components, got 1"):
        kind(Lattice((4,)), 1)
