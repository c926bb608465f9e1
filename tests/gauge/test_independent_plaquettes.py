"""Links from plaquettes, plaquettes from independent angles, and exact draws in two dimensions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError, FieldError
from latflow.fields.links import (
    U1Links,
    line,
    links_from_plaquettes,
    plaquette_angles,
    random_links_from_plaquettes,
    wrapped,
)
from latflow.kernels import ExactDraws, ExactDrawsSettings
from latflow.lattice import Lattice
from latflow.observables.gauge import Plaquette, TopologicalCharge, WilsonLoops
from latflow.theories import FreeScalar, Interpolation, Phi4Settings, SUGauge, U1Gauge
from latflow.theories.gauge import ExactU1, SpreadPlaquettes, independent_plaquettes

from .chains import SIGMAS, assert_agrees, sampled

SHAPES = [(3, 4), (2, 2), (1, 3), (4, 1)]


def on_circle(angles):
    """Distance of angles from a multiple of 2 pi."""
    return np.abs(np.asarray(wrapped(jnp.asarray(angles)))).max()


def some_plaquettes(shape, seed=0):
    """Angles that add up to 2 pi."""
    angles = np.random.default_rng(seed).uniform(-3, 3, shape)
    return angles - (angles.sum() - 2 * np.pi) / angles.size


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("shape", SHAPES)
def test_links_have_the_plaquettes_and_lines_that_they_are_made_of(shape):
    space, angles = U1Links(Lattice(shape)), some_plaquettes(shape)
    lines = np.array([0.7, -2.1])
    field = links_from_plaquettes(space, jnp.asarray(angles), jnp.asarray(lines))
    assert on_circle(plaquette_angles(space, field) - angles) < 1e-13
    assert on_circle(line(space, field, 0, shape[0])[0, 0] - lines[0]) < 1e-13
    assert on_circle(line(space, field, 1, shape[1])[0, 0] - lines[1]) < 1e-13
    drawn = random_links_from_plaquettes(jax.random.key(1), space, jnp.asarray(angles))
    assert on_circle(plaquette_angles(space, drawn) - angles) < 1e-13
    assert on_circle(drawn - field) > 0.1


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_map_to_links_preserves_the_measure(shape):
    """V - 1 plaquettes, two lines and V - 1 gauge angles: whole numbers, determinant one."""
    space, volume = U1Links(Lattice(shape)), int(np.prod(shape))

    def links(free):
        others, lines, gauge = jnp.split(free, [volume - 1, volume + 1])
        angles = jnp.append(others, -others.sum()).reshape(shape)
        gauge = jnp.append(0, gauge).reshape(shape)
        return space.transformed(links_from_plaquettes(space, angles, lines), gauge).reshape(-1)

    matrix = np.asarray(jax.jacfwd(links)(jnp.zeros(2 * volume)))
    np.testing.assert_array_equal(matrix, np.round(matrix))
    assert abs(np.linalg.slogdet(matrix)[1]) < 1e-10


def test_other_dimensions_are_refused():
    space = U1Links(Lattice((2, 2, 2)))
    with pytest.raises(FieldError, match="two dimensions"):
        plaquette_angles(space, space.cold(jnp.float64))
    with pytest.raises(FieldError, match="two dimensions"):
        links_from_plaquettes(space, jnp.zeros((2, 2)), jnp.zeros(2))


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("beta", [0.0, 0.8, 7.0, -3.0, 60.0])
def test_density_of_spread_plaquettes_is_normalised(beta):
    """One free angle on two sites, three on four: periodic, so that a grid integrates exactly."""
    n = 400 if beta < 10 else 2000
    grid = np.linspace(-np.pi, np.pi, n, endpoint=False)
    pairs = jnp.asarray(np.stack([grid, -grid], axis=1)[:, None, :])
    density = jax.vmap(SpreadPlaquettes(Lattice((1, 2)), beta).log_density)
    assert np.exp(density(pairs)).mean() == pytest.approx(1, abs=1e-10)
    if beta < 10:
        grid = np.linspace(-np.pi, np.pi, 48, endpoint=False)
        three = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
        four = np.concatenate([three, -three.sum(axis=1, keepdims=True)], axis=1)
        spread = SpreadPlaquettes(Lattice((2, 2)), beta)
        values = jax.jit(jax.vmap(spread.log_density))(jnp.asarray(four.reshape(-1, 2, 2)))
        assert np.exp(values).mean() == pytest.approx(1, abs=1e-8)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("beta", [2.0, -7.0])
def test_density_of_the_field_is_that_with_the_residual_integrated_out(beta):
    spread = SpreadPlaquettes(Lattice((2, 3)), beta)
    angles = jnp.asarray(some_plaquettes((2, 3)))
    nodes, weights = np.polynomial.legendre.leggauss(200)
    joint = jax.vmap(lambda r: spread.joint_log_density(angles, r))(jnp.asarray(np.pi * nodes))
    integral = np.log(np.sum(weights / 2 * np.exp(np.asarray(joint))))
    assert float(spread.log_density(angles)) == pytest.approx(integral, rel=1e-12)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("beta", [0.0, 1.5, 7.0, -4.0])
def test_weights_are_bounded_and_the_bound_is_reached(beta):
    spread = SpreadPlaquettes(Lattice((3, 4)), beta)

    def log_weight(angles):
        return beta * jnp.sum(jnp.cos(angles)) - spread.log_density(angles)

    uniform = np.random.default_rng(1).uniform(-np.pi, np.pi, (2000, 3, 4))
    uniform -= uniform.sum(axis=(1, 2), keepdims=True) / 12
    drawn = jax.vmap(lambda key: spread.draw(key, jnp.float64)[0])(
        jax.random.split(jax.random.key(2), 2000)
    )
    values = jax.vmap(log_weight)(jnp.concatenate([jnp.asarray(uniform), drawn]))
    assert float(values.max()) <= spread.largest_log_weight + 1e-9
    ordered = jnp.full((3, 4), 0.0 if beta >= 0 else np.pi)
    assert float(log_weight(ordered)) == pytest.approx(spread.largest_log_weight, abs=1e-9)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("shape", "beta"), [((8, 8), 2.0), ((3, 3), 7.0), ((4, 3), -2.5)])
def test_draws_of_spread_plaquettes_have_their_density(shape, beta):
    """E[w] = Z, with and without the residual; 3.5 standard errors. Sums are multiples of 2 pi."""
    spread, n = SpreadPlaquettes(Lattice(shape), beta), 6000

    def one(key):
        angles, residual = spread.draw(key, jnp.float64)
        weight = beta * jnp.sum(jnp.cos(angles))
        alone, both = spread.log_density(angles), spread.joint_log_density(angles, residual)
        return weight - alone, weight - both, angles.sum(), residual

    alone, both, total, residual = map(
        np.asarray, jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(3), n))
    )
    assert on_circle(total) < 1e-9 and np.abs(residual).max() <= np.pi
    log_z = ExactU1(beta, int(np.prod(shape))).log_z
    for log_weight in (alone, both):
        weight = np.exp(log_weight - log_z)
        assert abs(weight.mean() - 1) < SIGMAS * weight.std() / np.sqrt(n)
    # Integrating the residual out never makes weights fluctuate more.
    assert alone.std() < both.std()


def test_independent_plaquettes_of_either_sign():
    for beta in (1.7, -1.7):
        angles = independent_plaquettes(jax.random.key(0), beta, (20_000,), jnp.float64)
        mean, error = float(jnp.cos(angles).mean()), float(jnp.cos(angles).std()) / 20_000**0.5
        exact = np.sign(beta) * 0.6480  # I_1(1.7) / I_0(1.7)
        assert abs(mean - exact) < 4 * error + 1e-4


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("shape", "beta"), [((4, 4), 2.0), ((5, 6), 3.0), ((4, 2), -1.5)])
def test_exact_draws_are_exact_and_independent(shape, beta):
    theory = U1Gauge(Lattice(shape), beta=beta)
    observables = (Plaquette(), TopologicalCharge())
    results, infos, series = sampled(ExactDraws(theory), 150, warm_up=0, observables=observables)
    known = theory.known()
    assert_agrees("plaquette", results["plaquette"], known["plaquette"].value, 0.01)
    assert_agrees("q2", results["q2"], known["q2"].value, 0.05)
    assert (infos["acceptance"] == 1).all()
    q = series["q"].astype(float)
    correlation = (q[:, 1:] * q[:, :-1]).mean() / (q * q).mean()
    assert abs(correlation) < SIGMAS / np.sqrt(q.size)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [1.0, 2.0, 4.0, 6.0, 7.0])
def test_exact_draws_at_16(beta):
    """38400 fields: plaquette, charge and all loops up to 4 x 4, 3.5 standard errors each.

    Of 60 numbers, many of them correlated, one fails in 3 % of all seeds.
    """
    theory = U1Gauge(Lattice((16, 16)), beta=beta)
    measured = (Plaquette(), WilsonLoops(4), TopologicalCharge())
    results, _, _ = sampled(ExactDraws(theory), 300, warm_up=0, observables=measured)
    known = theory.known()
    for name in ("plaquette", "q2", "wilson_loop_2x2", "wilson_loop_3x3", "wilson_loop_4x4"):
        pull = (results[name].value - known[name].value) / results[name].error
        assert abs(pull) <= SIGMAS, (name, pull)


def test_exact_draws_of_the_free_field():
    theory = FreeScalar(Lattice((4, 4)), m2=0.5)
    results, _, _ = sampled(ExactDraws(theory, "single"), 100, warm_up=0)
    assert_agrees("chi2", results["chi2"], theory.known()["chi2"].value, 0.05)


def test_exact_draws_are_refused_where_there_are_none():
    for theory, reason in (
        (U1Gauge(Lattice((2, 2, 2)), beta=1.0), "two dimensions only, not in 3"),
        (SUGauge(Lattice((2, 2, 2)), n=2, beta=1.0), "two dimensions only, not in 3"),
        (Phi4Settings(shape=(4, 4), convention="hopping", beta=0.5, lam=0.5).build(), "Phi4"),
    ):
        with pytest.raises(ConfigError, match=reason) as caught:
            ExactDrawsSettings().build_kernel(theory)
        assert caught.value.key == "kernel"
    one, other = (U1Gauge(Lattice((2, 2)), beta=beta) for beta in (1.0, 2.0))
    with pytest.raises(ConfigError, match="Interpolation is not"):
        ExactDraws(Interpolation(one, other, 0.5))
