"""Hybrid Monte Carlo: integrators, accept/reject, energies, tuning."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.dynamics import FourierMass, Integrator, UnitMass, fourth_order, leapfrog, omelyan
from latflow.errors import ConfigError
from latflow.kernels import HMC, FourierHMCSettings, HMCSettings
from latflow.lattice import Lattice
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.theories import Phi4

from .targets import PHI4, ROTORS, sample

THEORY = Phi4.hopping(Lattice((4, 6)), beta=0.6, lam=0.5)
KINETICS = {"unit": UnitMass(THEORY.space), "fourier": FourierMass(THEORY.space, 0.4)}


@functools.cache
def thermal_fields(count):
    kernel = HMC(THEORY, step_size=0.1, steps=10)
    states = start_chains(kernel, 3, "fields", count, "hot")
    _, states = warm_up(kernel, states, 3, "fields", 50, 1)
    return states.field


def energy_violations(integrator, kinetic, step_size, steps):
    """Root mean square of dH over trajectories that start in equilibrium."""

    def violation(key, field):
        momentum = kinetic.momentum(key, field)
        start = THEORY.action(field) + kinetic.energy(momentum)
        end = integrator(THEORY, kinetic, field, momentum, jnp.asarray(step_size), steps)
        return THEORY.action(end[0]) + kinetic.energy(end[1]) - start

    keys = jax.random.split(jax.random.key(0), 64)
    return float(jnp.sqrt(jnp.mean(jax.jit(jax.vmap(violation))(keys, thermal_fields(64)) ** 2)))


@pytest.mark.first_cases(3)
@pytest.mark.parametrize(
    ("integrator", "order", "kinetic"),
    [
        (leapfrog(), 2, KINETICS["unit"]),
        (omelyan(), 2, KINETICS["unit"]),
        (fourth_order(), 4, KINETICS["unit"]),
        (leapfrog(), 2, KINETICS["fourier"]),
    ],
    ids=["leapfrog", "omelyan", "fourth-order", "fourier"],
)
def test_energy_violation_has_the_order_of_the_integrator(integrator, order, kinetic):
    assert integrator.order == order
    steps = np.array([16, 32])
    violations = [energy_violations(integrator, kinetic, 1 / n, int(n)) for n in steps]
    measured = np.log2(violations[0] / violations[1])
    assert abs(measured - order) < 0.15


@pytest.mark.slow
def test_omelyan_has_the_smaller_constant_at_equal_cost():
    kinetic = KINETICS["unit"]
    ours = energy_violations(omelyan(), kinetic, 1 / 8, 8)
    assert ours < 0.7 * energy_violations(leapfrog(), kinetic, 1 / 16, 16)
    assert ours < 0.2 * energy_violations(leapfrog(), kinetic, 1 / 8, 8)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(
    ("integrator", "kinetic"),
    [
        (leapfrog(), KINETICS["fourier"]),
        (omelyan(), KINETICS["unit"]),
        (fourth_order(), KINETICS["unit"]),
    ],
    ids=["fourier", "omelyan", "fourth-order"],
)
def test_trajectories_are_reversible(integrator, kinetic):
    field = thermal_fields(1)[0]
    momentum = kinetic.momentum(jax.random.key(1), field)
    follow = jax.jit(lambda x, p: integrator(THEORY, kinetic, x, p, jnp.asarray(0.1), 10))
    there = follow(field, momentum)
    back = follow(there[0], -there[1])
    np.testing.assert_allclose(back[0], field, rtol=0, atol=1e-10)
    np.testing.assert_allclose(-back[1], momentum, rtol=0, atol=1e-10)
    assert np.abs(there[0] - field).max() > 0.1


def test_leapfrog_is_kick_drift_kick():
    field = thermal_fields(1)[0]
    momentum = jnp.ones_like(field)
    step = 0.1
    expected_field, expected_momentum = field, momentum
    for _ in range(3):
        half = expected_momentum + 0.5 * step * THEORY.force(expected_field)
        expected_field = expected_field + step * half
        expected_momentum = half + 0.5 * step * THEORY.force(expected_field)
    end = leapfrog()(THEORY, KINETICS["unit"], field, momentum, jnp.asarray(step), 3)
    np.testing.assert_allclose(end[0], expected_field, atol=1e-13)
    np.testing.assert_allclose(end[1], expected_momentum, atol=1e-13)


def test_an_integrator_must_be_a_palindrome():
    with pytest.raises(ValueError, match="palindrome"):
        Integrator(kicks=(0.4, 0.6), drifts=(1.0,), order=2)


def test_fourier_momenta_have_their_energy():
    """<K> = V/2, the covariance is the kernel, and the velocity is the energy's gradient."""
    kinetic = KINETICS["fourier"]
    keys = jax.random.split(jax.random.key(5), 20000)
    field = thermal_fields(1)[0]
    momenta = jax.vmap(lambda key: kinetic.momentum(key, field))(keys)
    energies = np.asarray(jax.vmap(kinetic.energy)(momenta))
    assert abs(energies.mean() - 12) < 4 * energies.std() / np.sqrt(len(energies))
    modes = np.abs(np.fft.rfftn(np.asarray(momenta), axes=(1, 2))) ** 2
    expected = 24 * (THEORY.space.lattice.khat2() + 0.4)
    np.testing.assert_allclose(modes.mean(axis=0), expected, rtol=4 * np.sqrt(2 / 20000))
    gradient = jax.grad(kinetic.energy)(momenta[0])
    np.testing.assert_allclose(kinetic.velocity(momenta[0]), gradient, atol=1e-12)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_accept_reject_returns_the_right_configuration(precision):
    kernel = HMC(THEORY, step_size=0.35, steps=3, precision=precision)
    state = kernel.init(jax.random.key(0), thermal_fields(1)[0])
    step = eqx.filter_jit(kernel.step)
    accepted = []
    for number in range(40):
        new, info = step(jax.random.key(number), state)
        moved = not np.array_equal(new.field, state.field)
        assert moved == bool(info["accepted"])
        assert (float(new.action) != float(state.action)) == moved
        action = THEORY.action(new.field)
        np.testing.assert_allclose(
            new.action, action, rtol=1e-12 if precision == "double" else 1e-6
        )
        np.testing.assert_allclose(
            info["acceptance"], min(1.0, np.exp(-float(info["delta_h"]))), rtol=1e-12
        )
        accepted.append(moved)
        state = new
    assert 5 < sum(accepted) < 35


def test_single_precision_sums_energies_in_double():
    kernel = HMC(THEORY, step_size=0.1, steps=10, precision="single")
    state = kernel.init(jax.random.key(0), thermal_fields(1)[0])
    assert state.field.dtype == jnp.float32
    assert state.action.dtype == jnp.float64
    new, info = eqx.filter_jit(kernel.step)(jax.random.key(1), state)
    assert new.field.dtype == jnp.float32
    assert info["delta_h"].dtype == jnp.float64
    twin = HMC(THEORY, step_size=0.1, steps=10)
    _, exact = eqx.filter_jit(twin.step)(
        jax.random.key(1), twin.init(jax.random.key(0), state.field)
    )
    np.testing.assert_allclose(info["delta_h"], exact["delta_h"], atol=2e-5)


def test_a_trajectory_that_diverges_is_rejected():
    kernel = HMC(THEORY, step_size=50.0, steps=20)
    state = kernel.init(jax.random.key(0), thermal_fields(1)[0])
    new, info = eqx.filter_jit(kernel.step)(jax.random.key(1), state)
    assert float(info["delta_h"]) == np.inf
    assert float(info["acceptance"]) == 0.0
    assert float(info["exp_minus_delta_h"]) == 0.0
    np.testing.assert_array_equal(new.field, state.field)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    "kernel",
    [
        pytest.param(HMC(THEORY, step_size=0.3, steps=3), id="leapfrog"),
        pytest.param(HMC(THEORY, step_size=0.3, steps=3, precision="single"), id="single"),
        pytest.param(
            HMC(THEORY, step_size=0.45, steps=2, integrator=omelyan()),
            id="omelyan",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            HMC(THEORY, step_size=0.6, steps=2, integrator=fourth_order()),
            id="fourth-order",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            HMC(THEORY, step_size=0.2, steps=4, jitter=0.5), id="jitter", marks=pytest.mark.slow
        ),
        pytest.param(
            HMC(THEORY, step_size=0.3, steps=4, kinetic=KINETICS["fourier"]),
            id="fourier",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_mean_of_exp_minus_delta_h_is_one(kernel):
    """Creutz, Phys. Rev. D 38 (1988) 1228. False alarm 6e-5 (4 sigma)."""
    infos, _ = sample(kernel, 200)
    result = gamma_method(infos["exp_minus_delta_h"])
    assert result.error < 0.002
    assert abs(result.value - 1) < 4 * result.error
    assert infos["delta_h"].std() > 0.005


def test_tuning_reaches_the_target_and_is_then_frozen():
    settings = HMCSettings(steps=4, target_acceptance=0.8, trajectory=0.01)
    kernel = settings.build_kernel(THEORY, None, 32)
    states = start_chains(kernel, 1, "tune", 32, "hot")
    tuned, states = warm_up(kernel, states, 1, "tune", 800, 16)
    assert float(tuned.step_size) > 20 * float(kernel.step_size)
    assert tuned.steps == 4
    before = float(tuned.step_size)
    _, segment = run_segment(tuned, states, 1, "tune", "sampling", 0, 400, 1, lambda f: {})
    assert float(tuned.step_size) == before
    assert abs(float(np.mean(segment.infos["acceptance"])) - 0.8) < 0.03


def test_without_a_target_the_trajectory_stays_as_it_is():
    kernel = HMCSettings(trajectory=1.5, steps=10).build_kernel(THEORY, None, 1)
    assert float(kernel.step_size) == 0.15
    assert kernel.tune({"acceptance": 0.1}, 0.5) is kernel
    assert kernel.tuned == {}


def test_jitter_spreads_the_step_size():
    quiet = HMC(PHI4, step_size=0.1, steps=1)
    jittered = HMC(PHI4, step_size=0.1, steps=1, jitter=0.5)
    field = jnp.zeros((2, 2))  # no force: one step moves by step_size times the momentum

    def ratio(key):
        fields = [k.step(key, k.init(key, field))[0].field for k in (jittered, quiet)]
        return fields[0][0, 0] / fields[1][0, 0]

    ratios = np.asarray(jax.jit(jax.vmap(ratio))(jax.random.split(jax.random.key(0), 400)))
    ratios = ratios[np.isfinite(ratios)]
    assert 0.5 <= ratios.min() < 0.52
    assert 1.48 < ratios.max() <= 1.5


def test_fourier_settings_build_the_kernel_they_say():
    kernel = FourierHMCSettings(mass2=0.3).build_kernel(THEORY, None, 1)
    assert isinstance(kernel.kinetic, FourierMass)
    assert kernel.kinetic.mass2 == 0.3


def test_fourier_acceleration_refuses_other_spaces_and_masses():
    with pytest.raises(ConfigError, match="real scalar"):
        FourierMass(ROTORS.space, 1.0)
    with pytest.raises(ConfigError, match="mass2"):
        FourierMass(THEORY.space, 0.0)
