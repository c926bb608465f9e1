"""Kernels around a Gaussian prior: perfect flows, orders, limits, tuning, starts, refusals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField, GaussianPrior, IndependentNormal, Uniform
from latflow.sampling import (
    CrankNicolson,
    CrankNicolsonSettings,
    Independence,
    RotationHMCSettings,
    start_chains,
    warm_up,
)
from latflow.theories import FreeScalar, Phi4, U1Gauge

from .targets import FREE, PHI4, SIGMAS, coloured, product_model, sample

MODEL = product_model(PHI4, noise=0.1)


def rotation_hmc(theory, model, **options):
    return RotationHMCSettings(**options).build_kernel(theory, model, 1)


PRIORS = [
    IndependentNormal(RealScalar(Lattice((3, 4))), 0.7),
    FreeField(FreeScalar(Lattice((3, 4)), m2=0.8, zeta=0.7)),
]


@pytest.mark.parametrize("prior", PRIORS, ids=["normal", "free-field"])
def test_the_covariance_is_that_of_the_density(prior: GaussianPrior):
    field = jax.random.normal(jax.random.key(1), (3, 4), jnp.float64)
    both = jax.jit(lambda f: (prior.precision_times(f), prior.covariance_times(f)))
    precision, covariance = both(field)
    gradient = jax.jit(jax.grad(lambda f: -prior.log_prob(f)))(field)
    np.testing.assert_allclose(precision, gradient, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(both(covariance)[0], field, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("steps", [1, 3])
def test_a_perfect_flow_is_rotated_without_error_and_forgotten_in_a_quarter_turn(steps):
    """Independent draws: tau_int is 1/2 within 3.5 of its errors, a false alarm in 2000 seeds."""
    perfect = Model(IndependentNormal(FREE.space), coloured(FREE), "double")
    infos, measured = sample(rotation_hmc(FREE, perfect, steps=steps), 200, n_chains=256)
    assert np.abs(infos["delta_h"]).max() < 1e-11
    result = gamma_method(measured["chi2"])
    assert abs(result.tau_int - 0.5) < SIGMAS * result.tau_int_error


@pytest.mark.parametrize(("integrator", "order"), [("leapfrog", 2), ("fourth-order", 4)])
def test_the_violation_of_energy_falls_with_the_order_of_the_palindrome(integrator, order):
    """Half the step: 2^order times less, up to the next order (a quarter of it here)."""
    violations = []
    for steps in (8, 16):
        kernel = rotation_hmc(PHI4, MODEL, steps=steps, integrator=integrator)
        states = jax.jit(jax.vmap(lambda k, kernel=kernel: kernel.start(k, "prior", jnp.float64)))(
            jax.random.split(jax.random.key(5), 64)
        )
        step = jax.jit(jax.vmap(kernel.step))
        _, info = step(jax.random.split(jax.random.key(6), 64), states)
        violations.append(np.sqrt(np.mean(np.asarray(info["delta_h"]) ** 2)))
    measured = np.log2(violations[0] / violations[1])
    assert order - 0.35 < measured < order + 0.35


def test_steps_are_reversible():
    kernel = rotation_hmc(PHI4, MODEL, steps=3)
    hmc = kernel.hmc
    field = jax.random.normal(jax.random.key(1), (2, 2), jnp.float64)
    momentum = hmc.kinetic.momentum(jax.random.key(2), field)
    there = jax.jit(
        lambda f, p: hmc.integrator(hmc.theory, hmc.kinetic, f, p, hmc.step_size, hmc.steps)
    )
    end, last = there(field, momentum)
    back, first = there(end, -last)
    np.testing.assert_allclose(back, field, atol=1e-12)
    np.testing.assert_allclose(first, -momentum, atol=1e-12)


def test_crank_nicolson_with_a_whole_step_is_independence_metropolis():
    kernel, independence = CrankNicolson(PHI4, MODEL, 1.0), Independence(PHI4, MODEL)
    step, other = eqx.filter_jit(kernel.step), eqx.filter_jit(independence.step)
    state = kernel.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    alike = independence.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    for number in range(30):
        state, info = step(jax.random.key(number), state)
        alike, expected = other(jax.random.key(number), alike)
        np.testing.assert_allclose(state.field, alike.field, rtol=1e-12, atol=1e-14)
        for name in expected:
            np.testing.assert_allclose(info[name], expected[name], rtol=1e-11)


def test_smaller_steps_are_accepted_more_often():
    acceptances = []
    for step_size in (1.0, 0.5, 0.1):
        infos, _ = sample(CrankNicolson(PHI4, MODEL, step_size), 60, n_chains=128)
        acceptances.append(infos["acceptance"].mean())
    assert acceptances[0] + 0.05 < acceptances[1] < acceptances[2] - 0.03


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("settings", "target"),
    [
        (CrankNicolsonSettings(step_size=0.05, target_acceptance=0.8), 0.8),
        (RotationHMCSettings(steps=1, quarter_turns=0.2, target_acceptance=0.9), 0.9),
    ],
)
def test_the_warm_up_reaches_the_target(settings, target):
    kernel = settings.build_kernel(PHI4, MODEL, 1)
    states = start_chains(kernel, 1, "test", 128, "prior")
    kernel, states = warm_up(kernel, states, 1, "test", 200)[:2]
    infos, _ = sample(kernel, 50, n_chains=128)
    assert abs(infos["acceptance"].mean() - target) < 0.05


def test_tuning_stops_at_a_whole_new_draw():
    perfect = Model(IndependentNormal(FREE.space), coloured(FREE), "double")
    for settings, largest in (
        (CrankNicolsonSettings(), 1.0),
        (RotationHMCSettings(steps=2, quarter_turns=0.5, target_acceptance=0.5), np.pi / 4),
    ):
        kernel = settings.build_kernel(FREE, perfect, 1)
        for progress in (0.2, 0.5, 1.0):
            kernel = kernel.tune({"acceptance": 1 - 1e-9}, progress)
        assert float(kernel.tuned["step_size"]) == pytest.approx(largest)


@pytest.mark.parametrize("settings", [CrankNicolsonSettings(), RotationHMCSettings()])
def test_refusals(settings):
    with pytest.raises(ConfigError, match="needs a model"):
        settings.build_kernel(PHI4)
    theory = U1Gauge(Lattice((2, 2)), beta=1.0)
    uniform = Model(Uniform(theory.space), Identity(theory.space), "double")
    with pytest.raises(ConfigError, match="Gaussian prior"):
        settings.build_kernel(theory, uniform, 1)


@pytest.mark.parametrize("settings", [CrankNicolsonSettings(), RotationHMCSettings()])
def test_starts(settings):
    theory = Phi4.hopping(Lattice((2, 2)), beta=0.3, lam=0.5)
    kernel = settings.build_kernel(theory, product_model(theory), 1)
    for start in ("hot", "cold", "prior"):
        states = start_chains(kernel, 1, "test", 4, start)
        fields = np.asarray(jax.vmap(kernel.field)(states))
        assert fields.shape == (4, 2, 2)
        assert np.isfinite(fields).all()
        if start == "cold":
            np.testing.assert_allclose(fields, np.ones((4, 2, 2)), rtol=1e-12)
