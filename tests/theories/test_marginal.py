"""The theory of the even sites alone: what integrating out the odd ones leaves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import EvenSites
from latflow.lattice import Lattice
from latflow.theories import FreeScalar, Interpolation, Marginal, Phi4, U1Gauge

SHAPES = [(4,), (2, 2), (4, 2, 2)]


def theories(lattice):
    """Of every kind that has one."""
    phi4 = Phi4.hopping(lattice, beta=0.6, lam=0.5)
    free = FreeScalar(lattice, m2=0.4, zeta=0.7)
    aks = Phi4.aks(lattice, m2=-4.0, lam=6.975)
    return {"phi4": phi4, "free": free, "aks": aks, "between": Interpolation(free, phi4, 0.4)}


def even_field(theory, seed=0, dtype=jnp.float64):
    return EvenSites(theory.space.lattice).random(jax.random.key(seed), dtype)


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("name", ["phi4", "free", "aks", "between"])
@pytest.mark.parametrize("shape", [(2, 2), (2,)], ids=str)
def test_action_is_that_of_brute_force_quadrature(shape, name):
    """The integral of e^-S over all odd sites at once, on a grid, to 1e-9; both odd and even."""
    theory = theories(Lattice(shape))[name]
    marginal, odd = Marginal(theory), np.flatnonzero(theory.space.lattice.parity)
    # The trapezoidal rule converges faster than any power for such integrals.
    points, step = np.linspace(-7, 7, 241, retstep=True)
    grid = np.stack(np.meshgrid(*[points] * len(odd), indexing="ij"), -1).reshape(-1, len(odd))
    action = jax.jit(jax.vmap(lambda field: theory.action(field)))
    for seed in range(3):
        even = even_field(theory, seed)
        fields = np.tile(np.asarray(even).reshape(-1), (len(grid), 1))
        fields[:, odd] = grid
        actions = np.asarray(action(jnp.asarray(fields.reshape(-1, *shape))))
        smallest = actions.min()
        integral = smallest - np.log(np.exp(smallest - actions).sum() * step ** len(odd))
        assert abs(float(marginal.action(even)) - integral) < 1e-9 * max(1, abs(integral))


@pytest.mark.first_cases(3)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["phi4", "free", "between"])
def test_force_is_minus_the_slope_of_the_action(shape, name):
    """By automatic differentiation on even sites; zero on odd ones, in both precisions."""
    theory = theories(Lattice(shape))[name]
    marginal, field = Marginal(theory), even_field(theory)
    slope = marginal.space.gradient(marginal.action, field)
    np.testing.assert_allclose(marginal.force(field), -slope, rtol=1e-9, atol=1e-9)
    assert not np.asarray(marginal.force(field))[theory.space.lattice.parity].any()
    single = marginal.force(field.astype(jnp.float32))
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(single, marginal.force(field), rtol=2e-4, atol=2e-5)


def test_symmetries_and_what_stands_on_odd_sites():
    theory = Phi4.aks(Lattice((4, 2)), m2=-4.0, lam=6.975)
    marginal = Marginal(theory)
    field = even_field(theory)
    action = float(marginal.action(field))
    assert marginal.symmetries == {"z2"} and marginal.space.n_variables == 4
    np.testing.assert_allclose(marginal.action(-field), action, rtol=1e-14)
    np.testing.assert_allclose(marginal.action(jnp.roll(field, (1, 1), (0, 1))), action, rtol=1e-13)
    # Nothing of what stands there counts.
    np.testing.assert_allclose(marginal.action(field + theory.space.lattice.parity), action)
    tilted = Interpolation(theory, FreeScalar(Lattice((4, 2)), m2=0.3), 0.0)
    np.testing.assert_allclose(Marginal(tilted).action(field), action, rtol=1e-12)


def test_the_free_field_is_gaussian_with_the_same_partition_function():
    """S~ = phi K phi / 2 on the even sites; log Z from the determinant of K and what is left."""
    theory = FreeScalar(Lattice((4, 4)), m2=0.4, zeta=0.7)
    marginal = Marginal(theory)
    even = np.flatnonzero(~theory.space.lattice.parity)
    units = jnp.eye(16)[even].reshape(-1, 4, 4)
    kernel = -np.asarray(jax.vmap(marginal.force)(units)).reshape(len(even), -1)[:, even]
    rest = float(marginal.action(jnp.zeros((4, 4))))
    log_z = 0.5 * len(even) * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(kernel)[1] - rest
    np.testing.assert_allclose(log_z, float(theory.log_partition_function()), rtol=1e-11)


def test_space_of_even_sites():
    space = EvenSites(Lattice((4, 2)))
    odd = space.lattice.parity
    key = jax.random.key(0)
    for field in (
        space.random(key, jnp.float32),
        space.momentum(key, jnp.float32),
        space.cold(jnp.float32),
        space.project(jnp.ones((4, 2))),
        space.tangent(jnp.zeros((4, 2)), jnp.ones((4, 2))),
    ):
        assert not np.asarray(field)[odd].any() and np.asarray(field)[~odd].all()
    draws = jax.vmap(lambda key: space.kinetic(space.momentum(key, jnp.float64)))(
        jax.random.split(key, 4000)
    )
    # Four normal numbers: mean 2, variance 2; four standard errors.
    assert abs(float(draws.mean()) - 2) < 4 * (2 / 4000) ** 0.5


def test_refusals():
    with pytest.raises(ConfigError, match="U1Gauge is not"):
        Marginal(U1Gauge(Lattice((4, 4)), beta=1.0))
    with pytest.raises(ConfigError, match="even extents"):
        Marginal(Phi4.hopping(Lattice((3, 4)), beta=0.5, lam=0.5))
