"""Objectives: the right mean gradient, and none of the noise at the optimum."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.flows import Rescale
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.theories import FreeScalar
from latflow.training import OBJECTIVES, path_gradient, weight_metrics

LATTICE = Lattice((4, 2))
THEORY = FreeScalar(LATTICE, m2=0.5)


def model_at(log_scale):
    """The exact prior, stretched."""
    return Model(FreeField(THEORY), Rescale(jnp.asarray(log_scale, jnp.float64)), "double")


def gradients(name, log_scale, n_samples):
    """One-sample gradients with respect to the logarithm of the scale."""
    objective = OBJECTIVES[name]

    def loss(log_scale, key):
        model = eqx.tree_at(lambda m: m.flow.log_scale, model_at(0.0), log_scale)
        return objective(model, THEORY, key)[0]

    keys = jax.random.split(jax.random.key(3), n_samples)
    one = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 0)))
    return np.asarray(one(jnp.asarray(log_scale, jnp.float64), keys))


@pytest.mark.parametrize("name", sorted(OBJECTIVES))
def test_mean_gradient_is_exact(name):
    """KL(scale) = V [(e^2s - 1) / 2 - s], so its derivative is V (e^2s - 1).

    Fixed seed; false-alarm rate of four standard deviations, 6e-5.
    """
    log_scale = 0.1
    exact = LATTICE.volume * np.expm1(2 * log_scale)
    sample = gradients(name, log_scale, 40_000)
    error = sample.std() / np.sqrt(sample.size)
    assert error < 0.03 * exact
    assert abs(sample.mean() - exact) < 4 * error


def test_path_gradient_vanishes_sample_by_sample_at_the_optimum():
    """No noise once q = p, while the full gradient still fluctuates."""
    assert np.abs(gradients("path-gradient", 0.0, 100)).max() < 1e-12
    assert gradients("reverse-kl", 0.0, 100).std() > 1


def test_losses_are_log_q_plus_action():
    """Both objectives report -log w, and its value is log q - log p."""
    key = jax.random.key(1)
    for objective in OBJECTIVES.values():
        loss, log_weight = objective(model_at(0.2), THEORY, key)
        field, log_prob = model_at(0.2).sample_and_log_prob(key)
        np.testing.assert_allclose(loss, log_prob + THEORY.action(field), rtol=1e-12)
        np.testing.assert_allclose(log_weight, -loss, rtol=1e-12)
    assert path_gradient(model_at(0.0), THEORY, key)[1] == pytest.approx(
        THEORY.log_partition_function(), rel=1e-12
    )


def test_weight_metrics_against_all_pairs():
    """ESS, acceptance over all pairs and variance, by brute force."""
    log_weight = np.random.default_rng(0).normal(-40.0, 0.8, 60)
    metrics = weight_metrics(jnp.asarray(log_weight))
    weight = np.exp(log_weight + 40)
    pairs = np.minimum(weight[:, None], weight[None, :])
    off_diagonal = ~np.eye(60, dtype=bool)
    assert metrics["acceptance"] == pytest.approx(pairs[off_diagonal].mean() / weight.mean())
    assert metrics["ess"] == pytest.approx(weight.sum() ** 2 / (60 * (weight**2).sum()))
    assert metrics["log_weight_variance"] == pytest.approx(log_weight.var())
