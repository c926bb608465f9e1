"""The flat space of real scalar fields: its momenta and its straight lines."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.lattice import Lattice

pytestmark = pytest.mark.usefixtures("strict_promotion")

SPACE = RealScalar(Lattice((3, 4)))


@pytest.mark.parametrize("draw", [SPACE.momentum, SPACE.random])
def test_random_numbers_have_the_density_of_the_kinetic_energy(draw):
    """Fields and momenta are drawn from exp(-kinetic) = exp(-p^2 / 2), site by site.

    90 deviates against 5.5 standard errors: with another seed a false alarm in 3 10^5.
    """
    draws, volume = 20_000, SPACE.lattice.volume
    keys = jax.random.split(jax.random.key(1), draws)
    fields, energies = jax.jit(
        jax.vmap(lambda key: (p := draw(key, jnp.float64), SPACE.kinetic(p)))
    )(keys)
    flat = np.asarray(fields).reshape(draws, volume)
    assert np.abs(flat.mean(axis=0)).max() * draws**0.5 < 5.5
    expected, error = np.eye(volume), np.sqrt((1 + np.eye(volume)) / draws)
    assert np.abs((flat.T @ flat / draws - expected) / error).max() < 5.5
    # The fourth moment tells a normal density from another of unit variance.
    assert abs((flat**4).mean() - 3) < 5.5 * np.sqrt(96 / flat.size)
    # The kinetic energy of V momenta is Gamma(V/2) distributed: mean and variance V/2.
    assert abs(energies.mean() - volume / 2) < 5.5 * np.sqrt(volume / 2 / draws)
    assert abs(energies.var() / (volume / 2) - 1) < 5.5 * np.sqrt((2 + 12 / volume) / draws)


def test_move_is_a_straight_line_along_the_gradient_of_the_kinetic_energy():
    field = jax.random.normal(jax.random.key(2), (3, 4))
    momentum = jax.random.normal(jax.random.key(3), (3, 4))
    velocity = jax.grad(SPACE.kinetic)(momentum)
    np.testing.assert_array_equal(velocity, momentum)
    np.testing.assert_array_equal(SPACE.move(field, velocity), field + momentum)
    back = SPACE.move(SPACE.move(field, velocity), -velocity)
    np.testing.assert_allclose(back, field, atol=1e-15)
    np.testing.assert_array_equal(SPACE.project(field), field)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_precision_and_shape(dtype):
    key = jax.random.key(4)
    for field in (SPACE.random(key, dtype), SPACE.momentum(key, dtype), SPACE.cold(dtype)):
        assert field.dtype == dtype and field.shape == (3, 4)
        assert SPACE.kinetic(field).dtype == jnp.float64
    assert SPACE.kinetic(SPACE.cold(dtype)) == 6.0
