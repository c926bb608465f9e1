"""The free field against reference numbers, linear algebra, and its own sampler."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.theories import FreeScalar

SHAPES = [(1,), (5,), (4, 3), (3, 2, 3), (2, 3, 2, 2)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


@lru_cache
def theory_and_matrix(shape):
    """A theory, and the matrix K of S = phi K phi / 2 by automatic differentiation."""
    theory = FreeScalar(Lattice(shape), m2=0.3, zeta=0.7)
    hessian = jax.jit(jax.hessian(lambda flat: theory.action(flat.reshape(shape))))
    return theory, np.asarray(hessian(np.zeros(theory.space.lattice.volume)))


@pytest.mark.parametrize(
    ("extent", "m2", "log_z", "phi2", "ising_energy", "chi2"),
    [
        (8, 0.25, 17.84739522, 0.38550119, 0.15959501, 4.0),
        (16, 0.0625, 81.41149804, 0.50167805, None, 16.0),
    ],
)
def test_reference_numbers(extent, m2, log_z, phi2, ising_energy, chi2):
    theory = FreeScalar(Lattice((extent, extent)), m2=m2)
    two_point = theory.two_point()
    assert theory.log_partition_function() == pytest.approx(log_z, abs=6e-9)
    assert two_point[0, 0] == pytest.approx(phi2, abs=6e-9)
    assert two_point.sum() == pytest.approx(chi2, rel=1e-12)
    if ising_energy is not None:
        energy = (two_point[0, 1] + two_point[1, 0]) / 2
        assert energy == pytest.approx(ising_energy, abs=6e-9)


@shapes
def test_partition_function_and_correlators_by_linear_algebra(shape):
    """The Gaussian integral: Z = (2 pi)^(V/2) det(K)^(-1/2), and G is the inverse of K."""
    theory, matrix = theory_and_matrix(shape)
    volume = theory.space.lattice.volume
    log_z = 0.5 * volume * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(matrix)[1]
    assert theory.log_partition_function() == pytest.approx(log_z, rel=1e-12)
    covariance = np.linalg.inv(matrix)
    np.testing.assert_allclose(theory.two_point().ravel(), covariance[0], rtol=1e-11)
    for axis in range(len(shape)):
        others = tuple(other for other in range(len(shape)) if other != axis)
        expected = covariance[0].reshape(shape).sum(axis=others)
        found = theory.zero_momentum_correlator(axis)
        np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_action_is_the_sum_over_bonds():
    theory = FreeScalar(Lattice((3, 4)), m2=0.3, zeta=0.7)
    field = np.random.default_rng(3).normal(size=(3, 4))
    expected = 0.15 * (field**2).sum()
    for x, y in np.ndindex(3, 4):
        for neighbour in (field[(x + 1) % 3, y], field[x, (y + 1) % 4]):
            expected += 0.35 * (neighbour - field[x, y]) ** 2
    assert theory.action(jnp.asarray(field)) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("shape", "zeta"), [((9,), 1.0), ((8, 6), 0.7), ((5, 4, 4), 2.0)])
def test_pole_mass_is_the_decay_of_the_correlator(shape, zeta):
    """A periodic lattice has C(t) = A cosh(m (t - T/2)) without corrections."""
    theory = FreeScalar(Lattice(shape), m2=0.3, zeta=zeta)
    correlator = theory.zero_momentum_correlator()
    neighbours = np.roll(correlator, 1) + np.roll(correlator, -1)
    masses = np.arccosh((neighbours / (2 * correlator))[1:])
    np.testing.assert_allclose(masses, theory.pole_mass(), rtol=1e-9)


@shapes
def test_sampler_has_the_exact_covariance(shape):
    """10^4 draws: mean and covariance of every pair of sites.

    At most 300 normal deviates are compared with 5.5 of their standard errors: a correct sampler
    fails with another seed about once in 10^5.
    """
    (theory, matrix), draws = theory_and_matrix(shape), 10_000
    keys = jax.random.split(jax.random.key(4), draws)
    fields = jax.jit(jax.vmap(lambda key: theory.sample(key, jnp.float64)))(keys)
    fields = np.asarray(fields).reshape(draws, -1)
    exact = np.linalg.inv(matrix)
    width = np.sqrt(np.diag(exact))
    assert np.abs(fields.mean(axis=0) / width).max() * draws**0.5 < 5.5
    scatter = np.sqrt((np.outer(width, width) ** 2 + exact**2) / draws)
    assert np.abs((fields.T @ fields / draws - exact) / scatter).max() < 5.5


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_precision_of_samples_and_actions(dtype):
    theory, _ = theory_and_matrix((4, 3))
    field = jax.jit(lambda key: theory.sample(key, dtype))(jax.random.key(5))
    action, force = jax.jit(lambda field: (theory.action(field), theory.force(field)))(field)
    assert field.dtype == dtype and field.shape == (4, 3)
    assert action.dtype == jnp.float64
    assert force.dtype == dtype


@pytest.mark.parametrize("shape", [(4, 3), (3, 2, 3)], ids=str)
def test_force_and_symmetries(shape):
    theory, matrix = theory_and_matrix(shape)
    field = np.random.default_rng(6).normal(size=shape)
    images = [field, -field, *(np.roll(field, 1, axis) for axis in range(len(shape)))]
    actions = jax.jit(jax.vmap(lambda field: theory.action(field)))(np.stack(images))
    force = jax.jit(lambda field: theory.force(field))(field)
    np.testing.assert_allclose(np.ravel(force), -matrix @ field.ravel(), rtol=1e-11, atol=1e-13)
    assert theory.symmetries == {"z2", "translation"}
    np.testing.assert_allclose(actions, 0.5 * field.ravel() @ matrix @ field.ravel(), rtol=1e-13)
