"""Objectives: the right mean gradient, and none of the noise at the optimum."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.annealing import Annealed, Geometric, power_protocol, stacked
from latflow.fast_random import split
from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, Identity, Rescale
from latflow.flows.nets import ConvolutionSettings
from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField, IndependentNormal
from latflow.theories import FreeScalar, Phi4, Theory
from latflow.training import (
    OBJECTIVES,
    TrainingSettings,
    force_matching,
    path_gradient,
    weight_metrics,
)

LATTICE = Lattice((4, 2))
THEORY = FreeScalar(LATTICE, m2=0.5)


def model_at(log_scale):
    """The exact prior, stretched."""
    return Model(
        FreeField(THEORY), Rescale(THEORY.space, jnp.asarray(log_scale, jnp.float64)), "double"
    )


def trained_by(name, log_scale):
    """The same model as the objective takes it: annealed in one level, which is the flow alone."""
    model = model_at(log_scale)
    if name != "local-work":
        return model
    base = Model(model.prior, Identity(THEORY.space), "double")
    hmc = HMCSettings.model_validate({})
    return Annealed(base, Geometric(), power_protocol(1), hmc, 1, stacked([model.flow]))


# Short steps, which conserve the energy.
TRAJECTORY = {"length": 1.0, "steps": 20, "burn_in": 0}


def objective_named(name):
    """The objective, as its settings make it."""
    given = {"trajectory": TRAJECTORY} if name == "lag-one-autocorrelation" else {}
    return OBJECTIVES[name](TrainingSettings.model_validate({"objective": name, **given}))


def gradients(name, log_scale, n_samples):
    """One-sample gradients with respect to the logarithm of the scale."""
    objective = objective_named(name)

    def loss(log_scale, key):
        model = trained_by(name, log_scale)
        return objective(model, THEORY, key)[0]

    keys = jax.random.split(jax.random.key(3), n_samples)
    one = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 0)))
    return np.asarray(one(jnp.asarray(log_scale, jnp.float64), keys))


# What least squares needs are the log weights, and their gradients are those of the divergence.
DIVERGENCES = ("local-work", "log-weight-variance", "path-gradient", "reverse-kl")
# The one for drifts has no flow to train: tests/annealing/test_transport.py.
FOR_FLOWS = sorted(set(OBJECTIVES) - {"transport-residual"})


def exact_gradient(name, log_scale):
    """KL(s) = V [(e^2s - 1) / 2 - s]; forces differ by (e^2s - 1) K z with <z z> = K^-1.

    Jumps: from V <M^2> = e^2s / m2 the zero mode turns by the angle e^s m tau, which alone
    depends on s where the start is given: V <dM^2> = [e^2s (1 - cos)^2 + sin^2] / m2.
    """
    growth = np.expm1(2 * log_scale)
    if name == "lag-one-autocorrelation":
        angle = np.exp(log_scale) * np.sqrt(THEORY.m2) * TRAJECTORY["length"]
        turned = np.exp(2 * log_scale) * (1 - np.cos(angle)) + np.cos(angle)
        return -2 * angle * np.sin(angle) * turned / THEORY.m2
    if name in DIVERGENCES:
        return LATTICE.volume * growth
    mean_kernel = (THEORY.zeta * LATTICE.khat2(real=False) + THEORY.m2).mean()
    return 4 * np.exp(2 * log_scale) * growth * mean_kernel


@pytest.mark.parametrize("name", FOR_FLOWS)
def test_mean_gradient_is_exact(name):
    """Fixed seed; false-alarm rate of four standard deviations, 6e-5."""
    log_scale = 0.1
    exact = exact_gradient(name, log_scale)
    sample = gradients(name, log_scale, 40_000)
    error = sample.std() / np.sqrt(sample.size)
    assert error < 0.03 * abs(exact)
    assert abs(sample.mean() - exact) < 4 * error


def test_path_gradient_vanishes_sample_by_sample_at_the_optimum():
    """No noise once q = p, while the full gradient still fluctuates."""
    assert np.abs(gradients("path-gradient", 0.0, 100)).max() < 1e-12
    assert gradients("reverse-kl", 0.0, 100).std() > 1


def test_losses_are_log_q_plus_action():
    """The divergences report -log w, which is log q - log p; all objectives have its weights."""
    key = jax.random.key(1)
    for name in FOR_FLOWS:
        loss, log_weight = objective_named(name)(trained_by(name, 0.2), THEORY, key)
        # An annealed model keeps a part of the key for its Markov steps.
        of_draw = split(key, 2)[0] if name == "local-work" else key
        field, log_prob = model_at(0.2).sample_and_log_prob(of_draw)
        np.testing.assert_allclose(log_weight, -log_prob - THEORY.action(field), rtol=1e-12)
        if name in DIVERGENCES:
            np.testing.assert_allclose(loss, -log_weight, rtol=1e-12)
    assert path_gradient(model_at(0.0), THEORY, key)[1] == pytest.approx(
        float(THEORY.log_partition_function()), rel=1e-12
    )


class Learned(Theory):
    """The theory that a model describes exactly: S = -log q."""

    space: RealScalar
    model: Model

    def action(self, field):
        return -self.model.log_prob(field)


def coupling_model(seed, prior):
    """Couplings that nobody trained, in double precision."""
    random = np.random.default_rng(seed)
    settings = AffineCouplingSettings(layers=2, net=ConvolutionSettings(hidden=(2,)))
    parameters, rest = eqx.partition(
        settings.build(RealScalar(LATTICE), jax.random.key(0)), eqx.is_array
    )
    noisy = jax.tree.map(lambda p: np.asarray(p + 0.2 * random.normal(size=p.shape)), parameters)
    return Model(prior, eqx.combine(jax.device_put(noisy), rest), "double").cast("double")


PRIORS = [
    pytest.param(IndependentNormal(RealScalar(LATTICE), 0.7), id="normal"),
    pytest.param(FreeField(THEORY), id="free-field"),
]


@pytest.mark.parametrize("prior", PRIORS)
def test_forces_match_where_the_map_is_exact_and_nowhere_else(prior):
    """A nonlinear map onto the very theory that it makes: no sample has a difference."""
    model, other = coupling_model(1, prior), coupling_model(2, prior)
    theory = Learned(RealScalar(LATTICE), model)
    keys = jax.random.split(jax.random.key(5), 8)
    losses = jax.jit(jax.vmap(lambda key: force_matching(model, theory, key)[0]))(keys)
    assert np.abs(losses).max() < 1e-20
    losses = jax.jit(jax.vmap(lambda key: force_matching(other, theory, key)[0]))(keys)
    assert losses.min() > 1e-4


def test_force_matching_is_the_squared_gradient_of_the_latent_action():
    """For independent normal numbers |grad S~(z) - z|^2 / V, term by term."""
    model = coupling_model(1, IndependentNormal(RealScalar(LATTICE)))
    theory = Phi4.hopping(LATTICE, beta=0.5, lam=0.5)
    key = jax.random.key(2)
    latent = model.prior.sample(key, jnp.float64)

    def latent_action(z):
        field, log_det = model.flow.forward(z)
        return theory.action(field) - log_det

    difference = jax.grad(latent_action)(latent) - latent
    loss, _ = force_matching(model, theory, key)
    np.testing.assert_allclose(loss, (difference**2).mean(), rtol=1e-10)


def test_gradient_of_force_matching_is_that_of_finite_differences():
    theory = Phi4.hopping(LATTICE, beta=0.5, lam=0.5)
    model = coupling_model(1, IndependentNormal(RealScalar(LATTICE)))
    parameters, rest = eqx.partition(model, eqx.is_inexact_array)
    direction = jax.tree.map(lambda p: jnp.cos(7 * p + 1), parameters)

    @jax.jit
    def loss(step):
        moved = jax.tree.map(lambda p, d: p + step * d, parameters, direction)
        return force_matching(eqx.combine(moved, rest), theory, jax.random.key(2))[0]

    step = 1e-3
    near, far = (float(loss(n * step) - loss(-n * step)) for n in (1.0, 2.0))
    slope = (8 * near - far) / (12 * step)
    assert float(jax.jit(jax.grad(loss))(0.0)) == pytest.approx(slope, rel=1e-6)
    assert abs(slope) > 0.01


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
