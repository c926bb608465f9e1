"""The objective lag-one-autocorrelation: exact jumps, exact gradients, and chains that gain."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.fields import FieldSpace, RealScalar
from latflow.flows import AffineCouplingSettings, Chain, Rescale
from latflow.flows.nets import ConvolutionSettings, SingleConvolutionSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField, IndependentNormal
from latflow.pullback import Pullback
from latflow.sampling import FlowHMCSettings, run_segment, start_chains
from latflow.theories import FreeScalar, Phi4, Theory
from latflow.training import LagOneAutocorrelation, Trainer, TrainingSettings, TrajectorySettings


def rescale(log_scale, lattice):
    return Rescale(RealScalar(lattice), jnp.asarray(log_scale, jnp.float64))


def in_equilibrium(theory, log_scale):
    """x = e^s z, with z drawn from its own weight: the free field's, with e^2s in its kernel."""
    kernel = np.exp(2 * log_scale)
    latent = FreeScalar(theory.space.lattice, m2=kernel * theory.m2, zeta=kernel * theory.zeta)
    return Model(FreeField(latent), rescale(log_scale, theory.space.lattice), "double")


def losses_and_gradients(objective, model, theory, n_samples):
    """Of single draws, the gradients with respect to the logarithm of the scale."""

    def loss(log_scale, key):
        moved = eqx.tree_at(lambda m: m.flow.log_scale, model, log_scale)
        return objective(moved, theory, key)[0]

    keys = jax.random.split(jax.random.key(11), n_samples)
    one = jax.jit(jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0)))
    return tuple(np.asarray(values) for values in one(model.flow.log_scale, keys))


def assert_mean(sample, exact, precision):
    """Fixed seed; three standard deviations, which catch a mistake of this relative size."""
    error = sample.std() / np.sqrt(sample.size)
    assert 3 * error < precision * abs(exact)
    assert abs(sample.mean() - exact) < 3 * error


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("burn_in", [0, 2])
def test_jump_of_the_free_field_is_that_of_an_oscillator(burn_in):
    """V M^2 / 2 is an oscillator of frequency e^s m that starts in equilibrium, A = 1:
    V <(M' - M)^2> = 2 (1 - cos(e^s m tau)) / m^2. Trajectories of the burn-in change nothing."""
    theory, log_scale = FreeScalar(Lattice((4, 2)), m2=0.5), 0.3
    trajectory = TrajectorySettings(length=1.5, steps=40, burn_in=burn_in)
    objective = LagOneAutocorrelation(trajectory)
    model = in_equilibrium(theory, log_scale)
    losses, gradients = losses_and_gradients(objective, model, theory, 60_000)
    angle = np.exp(log_scale) * np.sqrt(theory.m2) * trajectory.length
    assert_mean(losses, -2 * (1 - np.cos(angle)) / theory.m2, 0.02)
    assert_mean(gradients, -2 * angle * np.sin(angle) / theory.m2, 0.05)


def exact_jump(m2, log_scale, step_size):
    """<A (x' - x)^2> of one site and one leapfrog step in z = e^-s x, on a grid of x and p."""
    scale, grid = np.exp(log_scale), np.linspace(-8, 8, 1601)
    x, start = np.meshgrid(grid / np.sqrt(m2), grid, indexing="ij")
    weight = np.exp(-0.5 * (m2 * x**2 + start**2))
    half = start - 0.5 * step_size * scale * m2 * x
    end = x + step_size * scale * half
    momentum = half - 0.5 * step_size * scale * m2 * end
    delta_h = 0.5 * (m2 * (end**2 - x**2) + momentum**2 - start**2)
    jump = np.exp(-np.maximum(delta_h, 0)) * (end - x) ** 2
    return (weight * jump).sum() / weight.sum()


@pytest.mark.parametrize("burn_in", [0, 2])
def test_acceptance_counts_and_has_a_gradient(burn_in):
    """One step so long that a fifth of the trajectories is rejected; M is the one site."""
    theory, log_scale, step_size = FreeScalar(Lattice((1,)), m2=2.0), -0.4, 1.2
    trajectory = TrajectorySettings(length=step_size, steps=1, burn_in=burn_in)
    objective = LagOneAutocorrelation(trajectory)
    model = in_equilibrium(theory, log_scale)
    losses, gradients = losses_and_gradients(objective, model, theory, 200_000)
    exact = [exact_jump(theory.m2, log_scale + change, step_size) for change in (-1e-3, 0, 1e-3)]
    assert_mean(losses, -exact[1], 0.02)
    assert_mean(gradients, -(exact[2] - exact[0]) / 2e-3, 0.05)


LATTICE = Lattice((4, 4))
PHI4 = Phi4.hopping(LATTICE, beta=0.55, lam=0.5)


def couplings():
    """A pair of smooth couplings, as they start."""
    settings = AffineCouplingSettings(layers=2, net=ConvolutionSettings(hidden=(2,)))
    return settings.build(RealScalar(LATTICE), jax.random.key(1))


def coupling_model():
    """Couplings that nobody trained, and a scale."""
    numbers, rest = eqx.partition(couplings(), eqx.is_array)
    noise = np.random.default_rng(1)
    numbers = jax.tree.map(lambda p: p + 0.2 * noise.normal(size=p.shape), numbers)
    flow = Chain((eqx.combine(numbers, rest), rescale(0.1, LATTICE)))
    return Model(IndependentNormal(RealScalar(LATTICE)), flow, "double").cast("double")


@pytest.mark.slow
def test_gradient_is_that_of_finite_differences():
    """With the field held where it is, and with e^-dH below one for some of the keys."""
    objective = LagOneAutocorrelation(TrajectorySettings(length=0.6, steps=3))
    parameters, rest = eqx.partition(coupling_model(), eqx.is_inexact_array)
    direction = jax.tree.map(lambda p: jnp.cos(7 * p + 1), parameters)
    keys = jax.random.split(jax.random.key(2), 8)
    fields = jax.vmap(lambda key: 0.5 * PHI4.space.random(key, jnp.float64))(keys)

    def jump(step, key, field):
        moved = jax.tree.map(lambda p, d: p + step * d, parameters, direction)
        latent_theory = Pullback(PHI4, eqx.combine(moved, rest).flow)
        return objective.squared_jump(latent_theory, key, field, jnp.float64)

    every = lambda function: jax.jit(jax.vmap(function, (None, 0, 0)))  # noqa: E731
    step, jumps = 1e-3, every(jump)
    near, far = (jumps(n * step, keys, fields) - jumps(-n * step, keys, fields) for n in (1, 2))
    slopes = every(jax.grad(jump))(0.0, keys, fields)
    np.testing.assert_allclose(slopes, (8 * near - far) / (12 * step), rtol=1e-6)
    assert np.abs(slopes).min() > 1e-3


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("precision", ["single", "double"])
def test_gradients_are_finite_where_trajectories_explode(precision):
    """Steps a hundred times too long: everything overflows and is rejected, nothing is NaN."""
    model = coupling_model().cast(precision)
    objective = LagOneAutocorrelation(TrajectorySettings(length=100.0, steps=10, burn_in=2))

    def loss(model, key):
        return objective(model, PHI4, key)[0]

    keys = jax.random.split(jax.random.key(3), 4)
    values, gradients = jax.jit(jax.vmap(eqx.filter_value_and_grad(loss), (None, 0)))(model, keys)
    np.testing.assert_allclose(values, 0, atol=1e-12)
    for leaf in jax.tree.leaves(gradients):
        np.testing.assert_allclose(leaf, 0, atol=1e-4)


def lag_one(model, measure):
    """rho(1) of M in flow HMC and its error from independent chains; the mean of M is zero."""
    kernel = FlowHMCSettings(trajectory=1.0, steps=5).build_kernel(PHI4, model, 64)
    states = start_chains(kernel, 7, "flow-hmc", 64, "prior", jnp.float64)
    run = partial(run_segment, kernel, seed=7, name="flow-hmc", first_step=0, thin=1)
    states, _ = run(states, phase="warm-up", n_measurements=500, measure=measure)
    _, segment = run(states, phase="sampling", n_measurements=500, measure=measure)
    m = np.asarray(segment.measurements)
    variance = (m**2).mean()
    each = (m[:, 1:] * m[:, :-1]).mean(axis=1) / variance
    return each.mean(), each.std() / np.sqrt(len(each))


@pytest.mark.slow
def test_training_shortens_the_autocorrelation_of_flow_hmc():
    """Chains of the trained flow, against those of the identity; nothing else was trained."""
    minimal = AffineCouplingSettings(layers=2, net=SingleConvolutionSettings())
    flow = Chain((minimal.build(RealScalar(LATTICE), jax.random.key(1)), rescale(0.0, LATTICE)))
    model = Model(IndependentNormal(RealScalar(LATTICE)), flow, "double").cast("double")
    settings = TrainingSettings(
        objective="lag-one-autocorrelation",
        trajectory=TrajectorySettings(length=1.0, steps=5, burn_in=20),
        steps=40,
        batch=64,
        micro_batch=64,
        learning_rate=0.02,
        warm_up=5,
    )
    trainer = Trainer(settings, PHI4, seed=3)
    state, _ = trainer.advance(trainer.init(model), settings.steps)
    measure = lambda field: field.mean()  # noqa: E731
    before, error_before = lag_one(model, measure)
    # The trainer's result lies on all devices.
    trained = jax.tree.map(
        lambda leaf: jnp.asarray(np.asarray(leaf)) if eqx.is_array(leaf) else leaf,
        state.model.cast("double"),
    )
    after, error_after = lag_one(trained, measure)
    assert after < before - 0.2
    assert np.hypot(error_before, error_after) < 0.02


def test_trajectories_have_defaults_and_belong_to_one_objective():
    """The resolved settings say what the trajectories are; elsewhere they are refused."""
    settings = TrainingSettings(objective="lag-one-autocorrelation")
    assert settings.trajectory == TrajectorySettings(length=1.0, steps=10, burn_in=30)
    assert TrainingSettings().trajectory is None
    assert TrainingSettings.model_validate(settings.model_dump()) == settings
    given = {"objective": "path-gradient", "trajectory": {"steps": 5}}
    with pytest.raises(ValidationError, match='only the objective "lag-one') as caught:
        TrainingSettings.model_validate(given)
    assert [problem["loc"] for problem in caught.value.errors()] == [("trajectory",)]
    for wrong in ({"length": 0.0}, {"steps": 0}, {"burn_in": -1}, {"leaps": 3}):
        with pytest.raises(ValidationError):
            TrajectorySettings.model_validate(wrong)


def test_stages_have_the_trajectories_of_the_training():
    """Another number of steps, the same objective."""
    settings = TrainingSettings.model_validate(
        {
            "objective": "lag-one-autocorrelation",
            "trajectory": {"burn_in": 9},
            "stages": [{"steps": 10}],
        }
    )
    assert settings.of_stage(0).trajectory == TrajectorySettings(burn_in=9)


class Angles(FieldSpace):
    """A space without a mean."""

    lattice: Lattice

    @property
    def is_compact(self):
        """Angles are."""
        return True

    @property
    def n_variables(self):
        """Two for each site."""
        return 2 * self.lattice.volume

    def structure(self, dtype):
        """One array each."""
        array = jax.ShapeDtypeStruct(self.lattice.shape, jnp.dtype(dtype))
        return {"first": array, "second": array}

    def random(self, key, dtype):
        """What none of the methods will be asked for."""
        raise NotImplementedError

    cold = momentum = kinetic = move = project = random


class Rotors(Theory):
    """A theory of angles."""

    space: Angles

    def action(self, field):
        """Not asked for either."""
        raise NotImplementedError


def test_other_fields_are_refused():
    """In one line that names the key."""
    objective = LagOneAutocorrelation(TrajectorySettings())
    model = Model(IndependentNormal(RealScalar(LATTICE)), rescale(0.0, LATTICE), "double")
    with pytest.raises(ConfigError, match=r"^training\.objective: .*real scalar field"):
        objective(model, Rotors(Angles(LATTICE)), jax.random.key(0))
