"""The space of U(1) links: its measure, its geometry, gauge transformations."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import FieldError
from latflow.fields.links import U1Links, wrapped
from latflow.lattice import Lattice

SPACE = U1Links(Lattice((3, 4)))


def field_of(seed, space=SPACE, dtype=jnp.float64):
    return space.random(jax.random.key(seed), dtype)


def test_the_field_is_one_angle_for_each_link():
    SPACE.check(field_of(0))
    assert SPACE.n_variables == SPACE.n_numbers == 24
    assert SPACE.is_compact
    assert field_of(0, dtype=jnp.float32).dtype == jnp.float32
    with pytest.raises(FieldError, match=r"\(2, 3, 4\)"):
        SPACE.check(jnp.zeros((3, 4)))
    with pytest.raises(FieldError, match="real"):
        SPACE.check(jnp.zeros((2, 3, 4), complex))


def test_random_fields_have_the_moments_of_haar():
    space = U1Links(Lattice((40, 50)))
    angles = np.asarray(field_of(1, space))
    assert angles.min() > -math.pi and angles.max() <= math.pi
    n = angles.size
    for power in (1, 2, 3):
        # Real and imaginary part each have variance 1/2.
        moment = np.exp(1j * power * angles).mean()
        assert abs(moment) < 4 / math.sqrt(n)


def test_momenta_have_the_density_of_the_kinetic_energy():
    draw = jax.vmap(lambda key: SPACE.momentum(key, jnp.float64))
    momenta = draw(jax.random.split(jax.random.key(0), 4000))
    energy = np.asarray(jax.vmap(SPACE.kinetic)(momenta))
    n = SPACE.n_variables
    assert abs(energy.mean() - n / 2) < 4 * math.sqrt(n / 2 / len(energy))
    assert abs(energy.var() / (n / 2) - 1) < 0.15


def test_moves_are_reversible_and_stay_in_the_interval():
    field, velocity = field_of(2), 5 * SPACE.momentum(jax.random.key(3), jnp.float64)
    moved = SPACE.move(field, velocity)
    assert float(moved.min()) > -math.pi and float(moved.max()) <= math.pi
    back = SPACE.move(moved, -velocity)
    np.testing.assert_allclose(wrapped(back - field), 0, atol=1e-14)
    np.testing.assert_array_equal(SPACE.project(moved), moved)


def test_the_interval_is_open_at_minus_pi():
    ends = wrapped(jnp.array([math.pi, -math.pi, 3 * math.pi, 0.0, 7.0]))
    np.testing.assert_allclose(ends, [math.pi, math.pi, math.pi, 0, 7 - 2 * math.pi], atol=1e-15)


def test_the_gradient_is_that_along_geodesics():
    field, velocity = field_of(4), SPACE.momentum(jax.random.key(5), jnp.float64)

    def function(x):
        return jnp.sum(jnp.cos(x) * jnp.sin(2 * jnp.roll(x, 1, -1)))

    slope = (
        SPACE.kinetic(velocity + SPACE.gradient(function, field))
        - SPACE.kinetic(velocity)
        - SPACE.kinetic(SPACE.gradient(function, field))
    )
    errors = []
    for step in (1e-2, 5e-3):
        ahead, behind = (function(SPACE.move(field, s * step * velocity)) for s in (1, -1))
        errors.append(float((ahead - behind) / (2 * step) - slope))
    assert np.log2(abs(errors[0] / errors[1])) == pytest.approx(2, abs=0.1)


def test_gauge_transformations_compose_and_undo_each_other():
    field = field_of(6)
    first, second = (SPACE.random_elements(jax.random.key(k), jnp.float64) for k in (7, 8))
    twice = SPACE.transformed(SPACE.transformed(field, first), second)
    once = SPACE.transformed(field, SPACE.multiply(second, first))
    np.testing.assert_allclose(wrapped(twice - once), 0, atol=1e-13)
    back = SPACE.transformed(SPACE.transformed(field, first), SPACE.inverse(first))
    np.testing.assert_allclose(wrapped(back - field), 0, atol=1e-13)
    assert float(jnp.abs(wrapped(twice - field)).max()) > 0.5


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (2, 6)])
def test_the_charge_is_the_sum_of_plaquette_angles(shape):
    space = U1Links(Lattice(shape))
    for seed in range(5):
        first, second = field_of(seed, space)
        loop = first + jnp.roll(second, -1, 0) - jnp.roll(first, -1, 1) - second
        expected = float(jnp.sum(jnp.angle(jnp.exp(1j * loop)))) / (2 * math.pi)
        charge = float(space.topological_charge(field_of(seed, space)))
        assert charge == round(charge)
        assert charge == pytest.approx(expected, abs=1e-12)


def test_other_dimensions_have_no_integer_charge():
    space = U1Links(Lattice((2, 2, 2)))
    with pytest.raises(FieldError, match="two dimensions"):
        space.topological_charge(space.cold(jnp.float64))
