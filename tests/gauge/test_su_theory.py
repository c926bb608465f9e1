"""SU(N) with Wilson's action: its force, its symmetries, and its exact answers in 2D."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import iv

from latflow.errors import ConfigError
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.theories import SU2GaugeSettings, SU3GaugeSettings, SUGauge
from latflow.theories.gauge import ExactSU

THEORIES = [
    SUGauge(Lattice((2, 3)), n=2, beta=2.2),
    SUGauge(Lattice((3, 2)), n=3, beta=5.0),
    SUGauge(Lattice((2, 2, 3)), n=2, beta=1.7),
    SUGauge(Lattice((2, 3)), n=4, beta=-3.0),
]
NAMES = [f"SU({theory.space.n}) {theory.space.lattice.shape}" for theory in THEORIES]
each_theory = pytest.mark.parametrize("theory", THEORIES, ids=NAMES)


def hot(theory, seed=0):
    draw = jax.jit(lambda key: theory.space.random(key, jnp.float64))
    return draw(jax.random.key(seed))


@pytest.mark.first_cases(2)
@each_theory
def test_force_is_the_slope_of_the_action_along_geodesics(theory):
    """Central differences at two step sizes: an error of second order, and no other."""
    space, field = theory.space, hot(theory)
    velocity = space.momentum(jax.random.key(1), jnp.float64)
    action = jax.jit(lambda t: theory.action(space.move(field, t * velocity)))
    slope = -float(jnp.sum(eqx.filter_jit(theory.force)(field) * velocity))
    errors = [(float(action(h) - action(-h)) / (2 * h)) - slope for h in (0.01, 0.02)]
    assert abs(errors[0]) < 1e-3 * abs(slope) + 1e-2
    np.testing.assert_allclose(errors[1] / errors[0], 4, rtol=0.01)


@pytest.mark.first_cases(2)
@each_theory
def test_force_in_single_precision_stays_in_it(theory):
    field = hot(theory)
    single = eqx.filter_jit(theory.force)(field.astype(jnp.complex64))
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(single, theory.force(field), atol=2e-5)
    assert theory.action(field.astype(jnp.complex64)).dtype == jnp.float64


@each_theory
def test_observables_are_gauge_invariant_and_the_force_is_covariant(theory):
    space, field = theory.space, hot(theory)
    there = space.transformed(field, space.random_elements(jax.random.key(3), jnp.float64))
    measure = eqx.filter_jit(Measurement(theory))
    for name, value in measure(field).items():
        np.testing.assert_allclose(measure(there)[name], value, atol=1e-12, err_msg=name)
    # The length of the force is what a transformation leaves alone.
    lengths = [jnp.sum(theory.force(x) ** 2, axis=0) for x in (field, there)]
    np.testing.assert_allclose(*lengths, rtol=1e-10)


@each_theory
def test_the_action_has_its_symmetries_and_only_them(theory):
    space, field, n = theory.space, hot(theory), theory.space.n
    action = eqx.filter_jit(theory.action)
    old = action(field)
    axis = space.lattice.ndim - 1
    assert {"translation", "charge-conjugation", "centre"} <= theory.symmetries
    np.testing.assert_allclose(action(jnp.roll(field, 1, 3)), old, atol=1e-12)
    np.testing.assert_allclose(action(jnp.conj(field)), old, atol=1e-12)
    phase = np.exp(2j * np.pi / n)
    on_one_slice = field.at[:, :, axis, ..., 0].multiply(phase)
    np.testing.assert_allclose(action(on_one_slice), old, atol=1e-12)
    on_one_link = field.at[(slice(None), slice(None), *(0,) * (space.lattice.ndim + 1))]
    assert abs(action(on_one_link.multiply(phase)) - old) > 1e-3


def test_couplings_are_leaves():
    field = hot(THEORIES[1])
    lattice = THEORIES[1].space.lattice
    slope = jax.grad(lambda beta: SUGauge(lattice, n=3, beta=beta).action(field))(5.0)
    np.testing.assert_allclose(slope, THEORIES[1].action(field) / 5.0)
    betas = jnp.array([1.0, 2.0])
    actions = jax.vmap(lambda beta: SUGauge(lattice, n=3, beta=beta).action(field))(betas)
    np.testing.assert_allclose(actions, betas * slope)


def weyl_su3(beta):
    """<Re tr U / 3> and log of the one-plaquette integral from Weyl's formula, on a grid."""
    angle = 2 * np.pi * np.arange(240) / 240
    first, second = np.meshgrid(angle, angle)
    e = np.exp(1j * np.stack([first, second, -first - second]))
    trace = e.sum(axis=0).real
    haar = np.abs((e[0] - e[1]) * (e[1] - e[2]) * (e[2] - e[0])) ** 2
    weight = haar * np.exp(beta / 3 * trace)
    return (weight * trace).sum() / weight.sum() / 3, np.log(weight.sum() / haar.sum())


@pytest.mark.parametrize("beta", [-2.0, 1.0, 5.0, 12.0])
def test_large_volumes_are_one_plaquette_integrals_of_su3(beta):
    mean, log_z = weyl_su3(beta)
    exact = ExactSU(3, beta, 10**6)
    np.testing.assert_allclose(exact.plaquette, mean, rtol=1e-9)
    np.testing.assert_allclose(exact.wilson_loop(3), mean**3, rtol=1e-9)
    np.testing.assert_allclose(exact.log_z / 10**6, log_z, rtol=1e-9)


@pytest.mark.parametrize("volume", [4, 16])
def test_characters_of_su2_are_bessel_functions(volume):
    beta, spin = 2.2, np.arange(1, 40)
    exact, t = ExactSU(2, beta, volume), 2 * iv(spin, beta) / beta
    np.testing.assert_allclose(exact.log_z, np.log(np.sum(t**volume)), rtol=1e-12)
    # s = r +- 1 in units of half spins, with the dimensions r and s.
    up = spin[:-1] / spin[1:] * t[:-1] ** 3 * t[1:] ** (volume - 3)
    down = spin[1:] / spin[:-1] * t[1:] ** 3 * t[:-1] ** (volume - 3)
    loop = (up.sum() + down.sum()) / 2 / np.sum(t**volume)
    np.testing.assert_allclose(exact.wilson_loop(3), loop, rtol=1e-12)


@pytest.mark.parametrize(("n", "beta"), [(2, 2.2), (3, 5.0), (4, 8.0)])
def test_plaquette_is_the_derivative_of_log_z(n, beta):
    """On four sites the torus is far from infinite: other representations count."""
    h, volume = 1e-4, 4
    above, below = (ExactSU(n, beta + s * h, volume).log_z for s in (1, -1))
    exact = ExactSU(n, beta, volume)
    np.testing.assert_allclose(exact.plaquette, (above - below) / (2 * h * volume), rtol=1e-7)
    # A loop that has shrunk to a point is one.
    np.testing.assert_allclose(exact.wilson_loop(0), 1.0, rtol=1e-12)


def test_known_numbers_go_with_the_lattice():
    known = SUGauge(Lattice((4, 4)), n=2, beta=2.2).known()
    np.testing.assert_allclose(known["plaquette"].value, ExactSU(2, 2.2, 16).plaquette)
    np.testing.assert_allclose(known["action"].value, -16 * 2.2 * known["plaquette"].value)
    assert {"log_z", "wilson_loop_2x2", "creutz_2x2"} <= set(known)
    assert SUGauge(Lattice((8,) * 4), n=3, beta=6.0).known() == {}
    large = SUGauge(Lattice((16,) * 4), n=3, beta=6.0).known()
    assert 0.5936 < large["plaquette"].value < 0.5938


def test_settings_build_the_theory():
    su2 = SU2GaugeSettings(shape=(4, 4), beta=2.2).build()
    su3 = SU3GaugeSettings(shape=(2, 2, 2, 2), beta=5.7).build()
    assert (su2.space.n, su3.space.n) == (2, 3) and float(su3.beta) == 5.7
    with pytest.raises(ConfigError, match="2 dimensions"):
        SU3GaugeSettings(shape=(8,), beta=5.7).build()
