"""Flow HMC: states, starts, single steps, refusals, and a lattice with known answers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.dynamics import fourth_order, leapfrog, omelyan
from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, Chain, OnSublattices, RescaleSettings
from latflow.flows.nets import SingleConvolutionSettings
from latflow.kernels import HMC
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.observables import known_by_principle
from latflow.priors import IndependentCopies, IndependentNormal
from latflow.sampling import FlowHMC, FlowHMCSettings, run_segment, start_chains, warm_up
from latflow.sublattices import halved
from latflow.theories import FreeScalar, Phi4

from .targets import PHI4, assert_agrees, observables, product_model, sample


def untrained(lattice, scale=0.5, precision="double"):
    """The minimal coupling pair and a rescaling with weights that nobody trained."""
    space, random = RealScalar(lattice), np.random.default_rng(2)
    pair = AffineCouplingSettings(layers=2, net=SingleConvolutionSettings())
    flow = Chain(
        (
            pair.build(space, jax.random.key(0)),
            RescaleSettings(scale=0.9).build(space, jax.random.key(1)),
        )
    )
    parameters, rest = eqx.partition(flow, eqx.is_inexact_array)
    noisy = jax.tree.map(
        lambda leaf: np.asarray(leaf + scale * random.normal(size=leaf.shape), np.float32),
        parameters,
    )
    flow = eqx.combine(jax.device_put(noisy), rest)
    return Model(IndependentNormal(space), flow).cast(precision)


LATTICE = Lattice((4, 6))
THEORY = Phi4.hopping(LATTICE, beta=0.6, lam=0.5)
MODEL = untrained(LATTICE)


def kernel(theory=THEORY, model=MODEL, **options):
    return FlowHMCSettings(**options).build_kernel(theory, model, 1)


def test_it_is_hmc_on_the_pullback():
    """Step by step the same numbers as HMC on the latent theory, with the target's field."""
    flow_hmc = kernel(steps=4, trajectory=0.7)
    assert eqx.tree_equal(flow_hmc.theory, THEORY)
    plain = HMC(flow_hmc.latent_theory, step_size=0.7 / 4, steps=4)
    latent = jax.random.normal(jax.random.key(3), LATTICE.shape)
    field = MODEL.flow.forward(latent)[0]
    state = flow_hmc.init(jax.random.key(0), field)
    np.testing.assert_allclose(state.field, latent, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(flow_hmc.field(state), field, rtol=1e-10, atol=1e-12)
    other = plain.init(jax.random.key(0), state.field)
    step, plain_step = eqx.filter_jit(flow_hmc.step), eqx.filter_jit(plain.step)
    decisions = set()
    for number in range(20):
        before = flow_hmc.field(state)
        state, info = step(jax.random.key(number), state)
        other, plain_info = plain_step(jax.random.key(number), other)
        np.testing.assert_allclose(state.field, other.field, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(info["delta_h"], plain_info["delta_h"], rtol=1e-6, atol=1e-8)
        expected = MODEL.flow.forward(state.field)[0]
        np.testing.assert_allclose(flow_hmc.field(state), expected, rtol=1e-12)
        moved = not np.array_equal(flow_hmc.field(state), before)
        assert moved == bool(info["accepted"])
        decisions.add(moved)
    assert decisions == {True, False}


@pytest.mark.parametrize("integrator", [leapfrog(), omelyan(), fourth_order()])
def test_trajectories_are_reversible(integrator):
    hmc = kernel().hmc
    start = jax.random.normal(jax.random.key(1), LATTICE.shape)
    momentum = jax.random.normal(jax.random.key(2), LATTICE.shape)

    @jax.jit
    def follow(field, momentum):
        step = jnp.asarray(0.1)
        return integrator(hmc.theory, hmc.kinetic, field, momentum, step, 10)

    there = follow(start, momentum)
    back = follow(there[0], -there[1])
    np.testing.assert_allclose(back[0], start, rtol=0, atol=1e-10)
    np.testing.assert_allclose(-back[1], momentum, rtol=0, atol=1e-10)
    assert np.abs(there[0] - start).max() > 0.1


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("precision", ["double", "single"])
def test_mean_of_exp_minus_delta_h_is_one(precision):
    """Creutz, Phys. Rev. D 38 (1988) 1228. False alarm 6e-5 (4 sigma)."""
    flow_hmc = kernel(PHI4, product_model(PHI4, 0.1), steps=3, precision=precision)
    infos, _ = sample(flow_hmc, 200)
    result = gamma_method(infos["exp_minus_delta_h"])
    assert result.error < 0.002
    assert abs(result.value - 1) < 4 * result.error
    assert infos["delta_h"].std() > 0.005


def test_starts():
    """From the prior's variables, from a hot and from a cold field; measured are fields."""
    flow_hmc = kernel(precision="single")
    key = jax.random.key(5)
    state = flow_hmc.start(key, "prior", jnp.float64)
    latent = IndependentNormal(RealScalar(LATTICE)).sample(jax.random.split(key)[0], jnp.float64)
    np.testing.assert_allclose(state.field, latent, atol=1e-6)
    assert state.field.dtype == jnp.float32
    assert flow_hmc.field(state).dtype == jnp.float64
    cold = flow_hmc.start(key, "cold", jnp.float64)
    np.testing.assert_allclose(flow_hmc.field(cold), np.ones(LATTICE.shape), atol=1e-5)
    hot = flow_hmc.field(flow_hmc.start(key, "hot", jnp.float64))
    expected = THEORY.hot(jax.random.split(key)[0], jnp.float64)
    np.testing.assert_allclose(hot, expected, atol=1e-5)


def test_tuning_reaches_the_target_and_is_that_of_hmc():
    flow_hmc = kernel(steps=4, target_acceptance=0.8, trajectory=0.05)
    assert set(flow_hmc.tuned) == {"step_size"}
    states = start_chains(flow_hmc, 1, "tune", 32, "prior")
    tuned, states = warm_up(flow_hmc, states, 1, "tune", 400, 10)
    assert isinstance(tuned, FlowHMC)
    assert float(tuned.tuned["step_size"]) > 5 * float(flow_hmc.tuned["step_size"])
    _, segment = run_segment(tuned, states, 1, "tune", "sampling", 0, 400, 1, lambda f: {})
    assert abs(float(np.mean(segment.infos["acceptance"])) - 0.8) < 0.03


def test_without_a_model_it_is_refused():
    with pytest.raises(ConfigError, match=r'kernel: "flow-hmc" needs a model.*"hmc"'):
        FlowHMCSettings().build_kernel(THEORY, None, 1)


def agrees_with_references(model, n_samples=1600, visible=0.01):
    """L = 8, beta = 0.576: 3 standard errors, false alarm 4 x 0.3 %; an error of 1 % is seen."""
    theory = Phi4.hopping(Lattice((8, 8)), beta=0.576, lam=0.5)
    measure = observables(theory)
    lattice = theory.space.lattice

    def with_energy(field):
        links = [jnp.mean(field * jnp.roll(field, -1, axis)) for axis in range(lattice.ndim)]
        return {**measure(field), "ising_energy": sum(links) / lattice.ndim}

    flow_hmc = kernel(theory, model, steps=16, trajectory=3.0, jitter=0.2)
    states = start_chains(flow_hmc, 1, "slow", 1024, "prior")
    _, states = warm_up(flow_hmc, states, 1, "slow", 200, 1)
    _, segment = run_segment(flow_hmc, states, 1, "slow", "sampling", 0, n_samples, 1, with_energy)
    known = theory.known() | known_by_principle(theory.observables, theory.symmetries)
    for name in ("chi2", "ising_energy", "phi2", "schwinger_dyson"):
        result = gamma_method(np.asarray(segment.measurements[name]))
        error = np.hypot(result.error, known[name].error)
        assert error < 0.33 * visible * known[name].value, name
        assert abs(result.value - known[name].value) < 3 * error, name


@pytest.mark.slow
def test_an_untrained_flow_gives_the_reference_numbers():
    """The flow is far from the target, and the answers are right all the same."""
    model = untrained(Lattice((8, 8)), 0.2)
    assert float(model.flow.forward(jnp.ones((8, 8)))[1]) < -5
    agrees_with_references(model)


def cascade(lattice, levels, scale):
    """Untrained flows of so many levels, the coarsest one on the smallest lattice."""
    if levels == 1:
        return untrained(lattice, scale)
    coarser, own = cascade(halved(lattice), levels - 1, scale), untrained(lattice, scale)
    flow = Chain((OnSublattices(coarser.flow), own.flow))
    return Model(IndependentCopies(coarser.prior), flow, "double")


@pytest.mark.slow
def test_a_cascade_of_untrained_flows_gives_the_free_field():
    """4 x 8 from four fields of 2 x 4: 3.5 standard errors of 0.5 % at most."""
    theory = FreeScalar(Lattice((4, 8)), m2=0.8, zeta=0.7)
    model = cascade(theory.space.lattice, 2, 0.05)
    flow_hmc = kernel(theory, model, steps=6, trajectory=1.5, jitter=0.2)
    infos, measurements = sample(flow_hmc, 600)
    exact = {"chi2": 1 / 0.8, "phi2": float(theory.two_point()[0, 0]), "schwinger_dyson": 1.0}
    assert 0.5 < infos["acceptance"].mean() < 0.999
    for name, value in exact.items():
        assert_agrees(name, measurements[name], value, 0.005)


@pytest.mark.slow
def test_a_cascade_of_untrained_flows_gives_the_reference_numbers():
    """L = 8 from sixteen fields of 2 x 2; slower than one flow, so that 2 % are seen."""
    agrees_with_references(cascade(Lattice((8, 8)), 3, 0.03), n_samples=800, visible=0.02)
