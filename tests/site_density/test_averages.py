"""One site in the field of its neighbours: tables against direct quadrature."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from latflow.errors import ConfigError
from latflow.lattice import Lattice
from latflow.site_density import SiteAverages, SiteWeight, quantile_table, site_weight_of
from latflow.theories import FreeScalar, Interpolation, Phi4, U1Gauge

# Square and quartic coefficients: pure quartic (AKS, m2 = -4), hopping form at 1/2 and 1/50, a
# double well, free.
WEIGHTS = [(0.0, 6.975), (0.0, 0.5), (0.96, 0.02), (-2.0, 1.0), (1.3, 0.0)]
weights = pytest.mark.parametrize("a, g", WEIGHTS)


def direct(a, g, h):
    """log Z_1 and the mean by adaptive quadrature of the density as it is written."""

    def exponent(phi):
        return h * phi - a * phi**2 - g * phi**4

    grid = np.linspace(-1, 1, 400001) * 500
    values = exponent(grid)
    top = values.max()
    inside = grid[values > top - 40]
    # Pieces on which the density is smooth enough for adaptive quadrature to see all of it.
    ends = np.linspace(inside[0] - 1e-2, inside[-1] + 1e-2, 9)
    tight = {"epsabs": 1e-13, "epsrel": 1e-13, "limit": 200}

    def integral(function):
        return sum(quad(function, x, y, **tight)[0] for x, y in itertools.pairwise(ends))

    total = integral(lambda phi: np.exp(exponent(phi) - top))
    return top + np.log(total), integral(lambda phi: phi * np.exp(exponent(phi) - top)) / total


@pytest.fixture(scope="module")
def tables():
    return {(a, g): SiteAverages.of(SiteWeight(a, g, 1.0)) for a, g in WEIGHTS}


@weights
def test_log_z_and_mean_are_those_of_direct_quadrature(tables, a, g):
    """Relative errors below 1e-10, for fields of both signs and from weak to strong ones."""
    table = tables[a, g]
    for size in (0.0, 1e-3, 0.2, 0.77, 1.9, 5.3, 17.0, 120.0):
        h = -size * float(table.scale)
        log_z, mean = direct(a, g, h)
        assert abs(float(table.log_z(jnp.asarray(h))) - log_z) < 1e-10 * max(1, abs(log_z))
        assert abs(float(table.mean(jnp.asarray(h))) - mean) < 1e-10 * max(abs(mean), 1e-3)


@weights
def test_the_mean_is_the_slope_of_log_z_and_the_spread_that_of_the_mean(tables, a, g):
    """Everywhere, in the cells, at their ends and beyond the table."""
    table = tables[a, g]
    t = np.concatenate([np.linspace(0.01, 12, 301), np.arange(1, 290) / 8, [36.9, 38.0, 45.0]])
    h = float(table.scale) * jnp.sinh(t)
    slope = jax.vmap(jax.grad(lambda h: table.log_z(h)))(h)
    np.testing.assert_allclose(slope, table.mean(h), rtol=1e-9)
    slope = jax.vmap(jax.grad(lambda h: table.mean(h)))(h)
    np.testing.assert_allclose(slope, table.spread(h) ** 2, rtol=1e-8)


@weights
def test_growth_beyond_the_table_is_that_of_the_maximum(tables, a, g):
    """h phi* - a phi*^2 - g phi*^4 with 2 a phi* + 4 g phi*^3 = h, to all digits there."""
    table = tables[a, g]
    h = float(table.scale) * jnp.sinh(jnp.array([36.0, 38.0, 60.0, 100.0]))
    phi = np.cbrt(h / (4 * g)) if g else h / (2 * a)
    for _ in range(5 if g else 0):
        phi = phi - (2 * a * phi + 4 * g * phi**3 - h) / (2 * a + 12 * g * phi**2)
    np.testing.assert_allclose(table.mean(h), phi, rtol=1e-9)
    np.testing.assert_allclose(table.log_z(h), h * phi - a * phi**2 - g * phi**4, rtol=1e-9)
    np.testing.assert_allclose(table.spread(h), (2 * a + 12 * g * phi**2) ** -0.5, rtol=1e-9)


def test_a_free_site_is_known_in_closed_form(tables):
    a = 1.3
    h = jnp.linspace(-30, 30, 301)
    table = tables[a, 0.0]
    expected = h**2 / (4 * a) + 0.5 * np.log(np.pi / a)
    np.testing.assert_allclose(table.log_z(h), expected, rtol=1e-12)
    np.testing.assert_allclose(table.mean(h), h / (2 * a), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(table.spread(h), (2 * a) ** -0.5, rtol=1e-12)


def _mass(a, g, h, log_z, start, end):
    """Of the distribution between two values."""
    ends = np.linspace(start, end, 60)
    pieces = (
        quad(lambda x: np.exp(h * x - a * x**2 - g * x**4 - log_z), x, y, epsabs=0)[0]
        for x, y in itertools.pairwise(ends)
    )
    return sum(pieces)


@weights
def test_quantiles_are_those_of_the_distribution(a, g):
    """At the knots and on the nodes of the table, by integration from outside."""
    table = quantile_table(SiteWeight(a, g, 1.0))
    knots = 193
    values = table.values[0].reshape(-1, knots)
    averages = SiteAverages.of(SiteWeight(a, g, 1.0))
    for cell in (0, 9, 40):
        h = table.scale * np.sinh(cell / 16)
        log_z = float(averages.log_z(jnp.asarray(h)))
        mean, spread = float(averages.mean(jnp.asarray(h))), float(averages.spread(jnp.asarray(h)))
        for knot in (20, 60, 96, 130, 180):
            z = -6 + knot / 16
            phi = mean + spread * values[cell, knot]
            sign = 1 if z <= 0 else -1
            far = mean - sign * 60 * spread
            mass = sign * _mass(a, g, h, log_z, far, phi)
            np.testing.assert_allclose(mass, ndtr(-abs(z)), rtol=3e-6)


def test_what_has_no_weight_of_a_site_is_refused():
    with pytest.raises(ConfigError, match="cannot be normalised"):
        SiteAverages.of(SiteWeight(-0.5, 0.0, 1.0))
    with pytest.raises(ConfigError, match="outside of"):
        jax.jit(lambda g: SiteAverages.of(SiteWeight(1.0, g, 1.0)).scale)(0.5)
    with pytest.raises(ConfigError, match="which U1Gauge is not"):
        site_weight_of(U1Gauge(Lattice((4, 4)), beta=1.0), "it")


@pytest.mark.parametrize(
    "convention, parameters",
    [
        ("hopping", {"beta": 0.6, "lam": 0.4}),
        ("field-strength", {"zeta": 0.6, "m2": -2.4, "g4": 0.5}),
        ("aks", {"m2": -4.0, "lam": 6.0}),
        ("textbook", {"m2": -1.0, "lam": 0.7}),
        ("kappa-lambda", {"kappa": 0.3, "lam": 0.022}),
    ],
)
def test_the_action_is_that_of_the_sites_and_links(convention, parameters):
    """In every convention, for the free field, and in between."""
    lattice = Lattice((4, 2, 2))
    phi4 = Phi4.in_convention(convention, lattice, **parameters)
    free = FreeScalar(lattice, m2=0.3, zeta=0.8)
    field = np.random.default_rng(0).normal(size=lattice.shape)
    links = sum((field * np.roll(field, -1, axis)).sum() for axis in range(3))
    for theory in (phi4, free, Interpolation(free, phi4, 0.3)):
        a, g, k = (float(c) for c in theory.site_weight)
        expected = (a * field**2 + g * field**4).sum() - k * links
        np.testing.assert_allclose(theory.action(jnp.asarray(field)), expected, rtol=1e-12)
