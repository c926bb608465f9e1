"""Training by least squares: one step where log w is linear, and what it refuses."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import ContinuousSettings, Flow, Rescale
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import IndependentNormal
from latflow.theories import FreeScalar, Phi4, Theory
from latflow.training import Trainer, TrainingSettings
from latflow.training._gauss_newton import (
    MOST_PARAMETERS,
    Moments,
    NormalEquations,
    gradients_of_draws,
    moments_of,
    share_of,
    solved,
)

LATTICE = Lattice((4, 2))
SPACE = RealScalar(LATTICE)
WANTED = np.array([0.3, -40.0])


class Linear(Flow):
    """Volume preserved, whatever the numbers: the field stays."""

    space: RealScalar
    numbers: jax.Array

    def transform(self, z):
        return z, self._shift(z)

    def transform_back(self, x):
        return x, -self._shift(x)

    def _shift(self, z):
        # No density of a map, but a log w that is linear in numbers of very different units.
        return self.numbers[0] * jnp.sum(z) + 1e-3 * self.numbers[1] * jnp.sum(z * z)


class Conditional(Rescale):
    """A flow that claims a range of couplings."""

    @property
    def is_conditional(self):
        return True


class Tilted(Theory):
    """The normal prior times what the numbers WANTED make of it."""

    space: RealScalar

    def action(self, field):
        prior = IndependentNormal(self.space).log_prob(field)
        return -prior - Linear(self.space, jnp.asarray(-WANTED)).transform(field)[1]


def settings(**more):
    given: dict[str, Any] = {"objective": "log-weight-variance", "batch": 32, "micro_batch": 8}
    return TrainingSettings.model_validate({**given, "steps": 4, "precision": "double", **more})


def trained(steps, **more):
    start = Linear(SPACE, jnp.zeros(2))
    trainer = Trainer(settings(**more), Tilted(SPACE), seed=1)
    state = trainer.init(Model(IndependentNormal(SPACE), start, "double"))
    return trainer.advance(state, steps)


def test_a_linear_problem_is_solved_up_to_the_damping_which_fades():
    """log w = (numbers - WANTED) . g: its solution knows no units."""
    state, metrics = trained(4)
    errors = np.asarray(state.model.flow.numbers) / WANTED - 1
    assert np.abs(errors).max() < 1e-4
    variances = metrics["log_weight_variance"]
    assert (variances[1:] < 0.02 * variances[:-1]).all()
    np.testing.assert_array_equal(metrics["loss"], variances)
    np.testing.assert_allclose(metrics["learning_rate"], [1, 2 / 3, 1 / 2, 2 / 5], rtol=1e-12)


def test_small_batches_are_remembered_for_longer():
    """At least four draws for every parameter: here 2 / (1 + 4 * 600 / 100)."""
    assert float(share_of(jnp.array(10**6), 100, 600)) == pytest.approx(0.08)
    assert float(share_of(jnp.array(10**6), 10**4, 600)) == pytest.approx(0.2)
    assert float(share_of(jnp.array(7), 10**4, 600)) == pytest.approx(2 / 9)


def test_no_step_goes_further_than_half_a_unit_of_the_divergence():
    """One parameter, cov = 4 and a solution 100 away: what is left is d with 4 d^2 / 2 = 1/2."""
    found = Moments(jnp.array([[4.0]]), jnp.array([400.0]))
    _, change = solved(NormalEquations.none(jnp.zeros(1)), found, jnp.zeros(1), jnp.array(0), 64)
    np.testing.assert_allclose(change, [-0.5], rtol=1e-12)


def test_a_draw_far_out_pulls_no_more_than_fifteen_typical_deviations():
    log_weights = jnp.array([-1.0, -1.0, 0.0, 1.0, 1.0, 1e6])
    slopes = jnp.array([[0.0], [0.0], [0.0], [0.0], [0.0], [6.0]])
    # Median 1/2, typical deviation the median of (3/2, 3/2, 1/2, 1/2, 1/2, 10^6): 1.
    found = moments_of(log_weights, slopes)
    far = 15 / (1e6 - 0.5)
    np.testing.assert_allclose(found.covariance, [[(5 * 1 + far * 25) / 6]])
    np.testing.assert_allclose(found.gradient, [(5 * 15.0 - (-1.5 - 1.5 - 0.5 + 0.5 + 0.5)) / 6])


def test_it_can_be_interrupted_and_knows_no_micro_batches():
    whole, _ = trained(2)
    trainer = Trainer(settings(), Tilted(SPACE), seed=1)
    state = trainer.init(Model(IndependentNormal(SPACE), Linear(SPACE, jnp.zeros(2)), "double"))
    for _ in range(2):
        state, _ = trainer.advance(state, 1)
    np.testing.assert_array_equal(state.model.flow.numbers, whole.model.flow.numbers)
    other, _ = trained(2, micro_batch=32)
    np.testing.assert_allclose(other.model.flow.numbers, whole.model.flow.numbers, rtol=1e-10)


def test_gradients_are_those_of_every_draw():
    """Means of products from one reverse pass against gradients taken one by one."""
    keys = jax.random.split(jax.random.key(2), 5)
    parameters = {"a": jnp.array([0.3, -1.0]), "b": jnp.array(2.0)}

    def log_weight(parameters, key):
        x = jax.random.normal(key, (2,))
        return jnp.sum(jnp.sin(parameters["a"] * x)) * parameters["b"]

    found, slopes = gradients_of_draws(log_weight, parameters, keys)
    rows = [jax.grad(log_weight)(parameters, key) for key in keys]
    jacobian = np.array([[*row["a"], row["b"]] for row in rows])
    values = np.array([log_weight(parameters, key) for key in keys])
    np.testing.assert_allclose(found, values, rtol=1e-12)
    np.testing.assert_allclose(slopes, jacobian, rtol=1e-12)
    means = moments_of(found, slopes)
    np.testing.assert_allclose(means.covariance, np.cov(jacobian.T, bias=True), atol=1e-12)
    along = [np.cov(column, values, bias=True)[0, 1] for column in jacobian.T]
    np.testing.assert_allclose(means.gradient, along, atol=1e-12)


def test_a_number_without_effect_stays():
    cov = jnp.array([[4.0, 0.0], [0.0, 0.0]])
    found = Moments(cov, jnp.array([2.0, 0.0]))
    none = NormalEquations.none(jnp.zeros(2))
    _, change = solved(none, found, jnp.array([1.0, 7.0]), jnp.array(0), batch=10**9)
    np.testing.assert_allclose(change, [-0.5, 0.0], rtol=1e-6)


def test_refusals():
    with pytest.raises(ConfigError, match="at most 2000: this model has 2001"):
        NormalEquations.none(jnp.zeros(MOST_PARAMETERS + 1))
    model = Model(IndependentNormal(SPACE), Rescale(SPACE, jnp.zeros(())), "double")
    theory = FreeScalar(LATTICE, m2=0.5)

    conditional = Model(model.prior, Conditional(SPACE, jnp.zeros(())), "double")
    with pytest.raises(ConfigError, match="conditional"):
        Trainer(settings(), theory, seed=1).init(conditional)
    assert eqx.is_array(Trainer(settings(), theory, seed=1).init(model).optimiser.matrix)


def test_few_steps_by_default():
    least_squares = TrainingSettings.model_validate({"objective": "log-weight-variance"})
    found = least_squares.steps, least_squares.batch, least_squares.micro_batch
    assert found == (50, 256, 32)
    assert settings(steps=7).steps == 7
    stage = TrainingSettings.model_validate(
        {"objective": "log-weight-variance", "stages": [{"shape": [4, 4]}]}
    )
    assert stage.of_stage(0).steps == 50


def test_gradients_of_a_continuous_flow_are_those_of_every_draw():
    """Where every draw has coefficients of its own, members of a batch are taken in turn."""
    small = {"channels": 2, "harmonics": 2, "times": 2, "steps": 2, "nodes": 4}
    flow = ContinuousSettings.model_validate(small).build(SPACE, jax.random.key(1))
    flow = jax.tree.map(lambda x: x + 0.1 if eqx.is_inexact_array(x) else x, flow)
    model = Model(IndependentNormal(SPACE), flow, "single")
    theory = Phi4.hopping(LATTICE, beta=0.5, lam=0.5)
    parameters, static = parameters_of(model)

    def log_weight(parameters, key):
        return eqx.combine(parameters, static).propose(theory, key)[1]

    keys = jax.random.split(jax.random.key(3), 3)
    found, slopes = gradients_of_draws(log_weight, parameters, keys)
    for key, value, slope in zip(keys, found, slopes, strict=True):
        wanted, alone = jax.value_and_grad(log_weight)(parameters, key)
        assert float(value) == pytest.approx(float(wanted), rel=1e-5)
        np.testing.assert_allclose(slope, ravel_pytree(alone)[0], rtol=2e-3, atol=1e-4)
