"""The von Mises sampler against SciPy's density."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ive
from scipy.stats import kstest, vonmises

from latflow.theories.gauge import von_mises, von_mises_proposal, von_mises_update

# The hardest for the envelope are near 1.5 and 3.3; 0 and 10^4 are its limits.
KAPPAS = [0.0, 1e-6, 0.1, 0.5, 1.0, 1.5, 2.5, 3.3, 6.0, 100.0, 1e4]
COUNT = 40000


def cdf(kappa):
    if kappa < 1e-9:
        return lambda angle: (angle + np.pi) / (2 * np.pi)
    return vonmises(kappa).cdf


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_draws_have_the_density(dtype):
    """One call draws for all kappa together. A false alarm has probability 1e-4 each."""
    kappas = jnp.broadcast_to(jnp.asarray(KAPPAS, dtype)[:, None], (len(KAPPAS), COUNT))
    angles = np.asarray(jax.jit(von_mises)(jax.random.key(0), kappas), np.float64)
    assert np.abs(angles).max() <= np.float32(np.pi)
    for kappa, drawn in zip(KAPPAS, angles, strict=True):
        assert kstest(drawn, cdf(kappa)).pvalue > 1e-4, kappa
        for n in (1, 2):
            mean, exact = np.cos(n * drawn).mean(), ive(n, kappa) / ive(0, kappa)
            error = np.cos(n * drawn).std() / np.sqrt(COUNT)
            assert abs(mean - exact) < 4 * error + 1e-9, (kappa, n)
            assert abs(np.sin(n * drawn).mean()) < 4 / np.sqrt(COUNT)


def test_the_envelope_lies_above_the_density_everywhere():
    """D >= 0, so that e^(-D) is a probability: on a fine grid of angles, for many kappa."""
    angles = np.linspace(0, np.pi, 2001)
    for kappa in np.geomspace(1e-6, 1e5, 1500):
        root = np.sqrt(-np.expm1(-2 * kappa))
        a = min(np.sqrt(2 * kappa), 2 / np.pi * (kappa + np.log1p(root)))
        log_cosh = np.logaddexp(a * angles / 2, -a * angles / 2) - np.log(2)
        d = 2 * kappa * np.sin(angles / 2) ** 2 - 2 * log_cosh
        assert d.min() > -1e-12 * max(1, kappa), kappa


def test_most_proposals_are_accepted():
    for kappa in KAPPAS:
        _, accepted = von_mises_proposal(jax.random.key(1), jnp.full(20000, kappa))
        assert float(accepted.mean()) > 0.81, kappa


def test_an_update_keeps_the_density_even_with_a_single_proposal():
    """Started from the density it stays there, angles that were not accepted included."""
    kappa = jnp.full(COUNT, 1.5)
    old = von_mises(jax.random.key(2), kappa)
    new = np.asarray(von_mises_update(jax.random.key(3), kappa, old, 1))
    stayed = np.mean(new == np.asarray(old))
    assert 0.15 < stayed < 0.21
    assert kstest(new, cdf(1.5)).pvalue > 1e-4
    stayed = np.mean(np.asarray(von_mises_update(jax.random.key(3), kappa, old)) == old)
    assert stayed < 0.04
