"""U(1) gauge theory: its force, its dynamics, and its exact answers in two dimensions."""

import functools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import iv

from latflow.dynamics import UnitMass, fourth_order, leapfrog, omelyan
from latflow.errors import ConfigError
from latflow.fields.links import wrapped
from latflow.kernels import HMC
from latflow.lattice import Lattice
from latflow.sampling import run_segment, start_chains
from latflow.theories import Interpolation, U1Gauge, U1GaugeSettings
from latflow.theories.gauge import ExactU1

# (extent, beta): mean plaquette, <Q^2>, log Z with the Haar measure normalised to one.
REFERENCE = {
    (8, 2.0): (0.697775, 1.23930, 52.735587),
    (16, 1.0): (0.446390, 10.40288, 60.394076),
    (16, 2.0): (0.697775, 4.95720, 210.942347),
    (16, 4.0): (0.863523, 1.93388, 620.793036),
    (16, 6.0): (0.912359, 1.19470, 1077.295392),
    (16, 7.0): (0.925532, 1.00641, 1312.638186),
}
THEORY = U1Gauge(Lattice((4, 4)), beta=2.0)


def field_of(theory, seed=0, dtype=jnp.float64):
    return theory.space.random(jax.random.key(seed), dtype)


@pytest.mark.parametrize(("extent", "beta"), REFERENCE)
def test_exact_answers_are_the_reference_numbers(extent, beta):
    known = U1Gauge(Lattice((extent, extent)), beta=beta).known()
    plaquette, q2, log_z = REFERENCE[extent, beta]
    assert known["plaquette"].value == pytest.approx(plaquette, abs=6e-7)
    assert known["q2"].value == pytest.approx(q2, abs=6e-6)
    assert known["log_z"].value == pytest.approx(log_z, abs=6e-7)
    assert known["action"].value == pytest.approx(-beta * extent**2 * plaquette, rel=1e-5)
    assert known["chi_t"].value == pytest.approx(q2 / extent**2, abs=1e-7)


def test_large_volumes_have_the_answers_of_one_plaquette():
    exact = ExactU1(2.0, 4096)
    assert exact.plaquette == pytest.approx(iv(1, 2) / iv(0, 2))
    assert exact.wilson_loop(6) == pytest.approx((iv(1, 2) / iv(0, 2)) ** 6)
    density = lambda t: np.exp(2 * np.cos(t))  # noqa: E731
    square = quad(lambda t: t * t * density(t), -np.pi, np.pi)[0]
    chi_t = square / quad(density, -np.pi, np.pi)[0] / (4 * np.pi**2)
    assert exact.q2 / 4096 == pytest.approx(chi_t)


@pytest.mark.parametrize("volume", [1, 2, 3])
def test_small_volumes_against_integrals(volume):
    """V - 1 free plaquettes, and one that closes them: by quadrature over a grid."""
    beta, n = -1.2, 120
    angles = 2 * math.pi * np.arange(n) / n - math.pi
    free = np.meshgrid(*[angles] * (volume - 1), indexing="ij", sparse=True)
    last = -sum(free, np.zeros(1))
    weight = np.exp(beta * (np.cos(last) + sum(np.cos(a) for a in free)))
    exact = ExactU1(beta, volume)
    assert exact.log_z == pytest.approx(np.log(weight.mean()))
    assert exact.plaquette == pytest.approx((weight * np.cos(last)).sum() / weight.sum())


def test_the_derivative_of_log_z_is_the_plaquette_and_nothing_happens_at_zero():
    above, below = (ExactU1(2.0 + d, 12).log_z for d in (1e-4, -1e-4))
    assert (above - below) / 2e-4 / 12 == pytest.approx(ExactU1(2.0, 12).plaquette, abs=1e-8)
    free = ExactU1(0.0, 9)
    assert free.log_z == 0 and free.plaquette == 0
    # A sum of nine uniform angles that closes: variance 8 / 12 of a turn, all but the rounding.
    assert free.q2 == pytest.approx(9 / 12)


@pytest.mark.parametrize("shape", [(4, 6), (3, 5), (3, 4, 2), (2, 3, 2, 2)])
def test_the_force_is_minus_the_slope_of_the_action_along_geodesics(shape):
    theory = U1Gauge(Lattice(shape), beta=1.3)
    space, field = theory.space, field_of(theory)
    direction = space.momentum(jax.random.key(1), jnp.float64)
    force, action = eqx.filter_jit(theory.force), eqx.filter_jit(theory.action)
    slope = -float(jnp.sum(force(field) * direction))
    errors = []
    for step in (2e-2, 1e-2):
        ahead, behind = (action(space.move(field, s * step * direction)) for s in (1, -1))
        errors.append(abs(float((ahead - behind) / (2 * step)) - slope))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)
    automatic = -jax.jit(lambda field: space.gradient(theory.action, field))(field)
    np.testing.assert_allclose(force(field), automatic, atol=1e-12)


@functools.cache
def thermal_fields(count=64):
    kernel = HMC(THEORY, step_size=0.15, steps=6)
    states = start_chains(kernel, 3, "fields", count, "hot")
    states, _ = run_segment(kernel, states, 3, "fields", "warm-up", 0, 50, 1, lambda field: {})
    return states.field


@pytest.mark.parametrize("integrator", [leapfrog(), omelyan(), fourth_order()])
def test_energy_violation_has_the_order_of_the_integrator(integrator):
    kinetic = UnitMass(THEORY.space)

    def violation(step_size, steps):
        def one(key, field):
            start = kinetic.momentum(key, field)
            moved, end = integrator(THEORY, kinetic, field, start, jnp.asarray(step_size), steps)
            rise = THEORY.action(moved) - THEORY.action(field)
            return rise + kinetic.energy(end) - kinetic.energy(start)

        keys = jax.random.split(jax.random.key(0), 64)
        return float(jnp.sqrt(jnp.mean(jax.jit(jax.vmap(one))(keys, thermal_fields()) ** 2)))

    ratio = violation(1 / 12, 12) / violation(1 / 24, 24)
    assert np.log2(ratio) == pytest.approx(integrator.order, abs=0.25)


@pytest.mark.parametrize("integrator", [leapfrog(), fourth_order()])
def test_trajectories_are_reversible(integrator):
    kinetic, field = UnitMass(THEORY.space), thermal_fields()[0]
    momentum = kinetic.momentum(jax.random.key(1), field)
    go = jax.jit(lambda f, p: integrator(THEORY, kinetic, f, p, jnp.asarray(0.1), 20))
    end, last = go(field, momentum)
    back, first = go(end, -last)
    assert float(jnp.abs(wrapped(back - field)).max()) < 1e-10
    assert float(jnp.abs(first + momentum).max()) < 1e-10
    assert float(jnp.abs(wrapped(end - field)).max()) > 0.1


def test_couplings_are_leaves():
    lattice, betas = Lattice((3, 4)), jnp.array([0.5, 2.0])
    field = field_of(THEORY.__class__(lattice, beta=1.0))
    actions = jax.vmap(lambda beta: U1Gauge(lattice, beta=beta).action(field))(betas)
    np.testing.assert_allclose(actions / betas, actions[0] / betas[0])
    slope = jax.grad(lambda beta: U1Gauge(lattice, beta=beta).action(field))(2.0)
    np.testing.assert_allclose(slope, actions[1] / 2)
    ends = (U1Gauge(lattice, beta=b) for b in (1.0, 3.0))
    np.testing.assert_allclose(Interpolation(*ends, 0.5).action(field), actions[1])


def test_single_precision_fields_have_double_precision_actions():
    single = field_of(THEORY, dtype=jnp.float32)
    action = THEORY.action(single)
    assert action.dtype == jnp.float64
    assert float(action) == pytest.approx(float(THEORY.action(single.astype(jnp.float64))))
    assert THEORY.force(single).dtype == jnp.float32


def test_settings_build_the_theory_and_refuse_one_dimension():
    theory = U1GaugeSettings(shape=(4, 4), beta=2.0).build()
    assert isinstance(theory, U1Gauge) and float(theory.beta) == 2
    with pytest.raises(ConfigError, match="at least 2 dimensions"):
        U1GaugeSettings(shape=(4,), beta=2.0).build()
    assert U1Gauge(Lattice((2, 2, 2)), beta=1.0).known() == {}
