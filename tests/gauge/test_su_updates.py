"""Heat bath and over-relaxation of SU(N): densities, invariance of the action, parities."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from latflow.fields.links import SULinks
from latflow.kernels import HeatBath
from latflow.kernels.gauge._heat_bath import _reflect_all
from latflow.lattice import Lattice
from latflow.theories import SUGauge

from .chains import SIGMAS
from .test_su_links import distance_to_group, matrices


def density(n, beta):
    return SUGauge(Lattice((2, 2)), n=n, beta=beta).local_distribution(0)


def many_staples(n, count, size):
    """One staple that is no multiple of a group element, on many sites; as in a real field."""
    random = np.random.default_rng(7)
    one = size * (np.eye(n) + 0.5 * (random.normal(size=(n, n)) + 1j * random.normal(size=(n, n))))
    return jnp.broadcast_to(jnp.asarray(one)[..., None], (n, n, count)), one


@pytest.mark.parametrize("size", [0.0, 0.1, 0.7, 2.0, 8.0, -1.0])
def test_a_link_of_su2_has_its_exact_density(size):
    """Re tr(U A) / 2k = x_0 has the density sqrt(1 - x_0^2) exp(beta k x_0): its moments."""
    beta, count = 2.2, 40000
    staples, one = many_staples(2, count, size)
    space = SULinks(Lattice((count,)), 2)
    old = space.random_elements(jax.random.key(1), jnp.float64)
    drawn = eqx.filter_jit(density(2, beta).draw)(jax.random.key(0), staples, old)
    assert distance_to_group(drawn) < 1e-13
    # The part of the staple that is k times an element of SU(2).
    first = (one[0, 0] + np.conj(one[1, 1])) / 2
    second = (one[0, 1] - np.conj(one[1, 0])) / 2
    k = np.hypot(abs(first), abs(second))
    part = np.array([[first, second], [-np.conj(second), np.conj(first)]])
    x = matrices(drawn) @ (part / k if k else np.eye(2))
    x0 = x[:, 0, 0].real

    def moment(power):
        weight = lambda x: np.sqrt(1 - x * x) * np.exp(beta * k * (x - 1))  # noqa: E731
        return quad(lambda x: x**power * weight(x), -1, 1)[0] / quad(weight, -1, 1)[0]

    for power in (1, 2, 3):
        error = np.std(x0**power) / np.sqrt(count)
        # Less than 1 % keep their old value, which is uniform.
        bias = 0.01 * abs(moment(power) - [0, 0, 0.25, 0][power])
        assert abs(np.mean(x0**power) - moment(power)) < SIGMAS * error + bias, power
    # The rest of x points anywhere.
    for other in (x[:, 0, 0].imag, x[:, 0, 1].real, x[:, 0, 1].imag):
        assert abs(other.mean()) < SIGMAS * other.std() / np.sqrt(count)
        square = other**2 - (1 - x0**2) / 3
        assert abs(square.mean()) < SIGMAS * square.std() / np.sqrt(count)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(("n", "size"), [(3, 0.3), (3, 1.5), (4, 1.0)])
def test_sweeps_of_subgroups_sample_the_density_of_a_link(n, size):
    """<Re tr(U A)> is the derivative of log int dU exp(s Re tr(U A)), here by importance
    sampling with uniform links; from any start, after a few updates."""
    beta, count = 3.0, 5000
    staples, one = many_staples(n, count, size)
    distribution = density(n, beta)
    space = SULinks(Lattice((count,)), n)
    uniform = jax.jit(lambda key: space.random_elements(key, jnp.float64))
    links = uniform(jax.random.key(1))

    @jax.jit
    def update(key, links):
        return distribution.draw(key, staples, links)

    @jax.jit
    def reflect(links):
        return distribution.reflect(staples, links)

    for step in range(8):
        links = update(jax.random.key(10 + step), reflect(links))
    actions = np.trace(matrices(links) @ one, axis1=1, axis2=2).real
    proposals = np.concatenate(
        [np.trace(matrices(uniform(jax.random.key(s))) @ one, axis1=1, axis2=2).real
         for s in range(100, 120)]
    )  # fmt: skip
    weights = np.exp(beta / n * (proposals - proposals.max()))
    exact = np.average(proposals, weights=weights)
    size_of_sample = weights.sum() ** 2 / (weights**2).sum()
    spread = np.sqrt(np.average((proposals - exact) ** 2, weights=weights))
    error = np.hypot(actions.std() / np.sqrt(count), spread / np.sqrt(size_of_sample))
    assert error < 0.1 * abs(exact)
    assert abs(actions.mean() - exact) < SIGMAS * error
    assert distance_to_group(links) < 1e-12


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(("n", "shape"), [(2, (4, 3)), (3, (3, 4)), (3, (2, 2, 2, 2)), (4, (2, 2))])
def test_reflections_keep_the_action_and_move_far(n, shape):
    theory = SUGauge(Lattice(shape), n=n, beta=2.5)
    field = jax.jit(lambda key: theory.space.random(key, jnp.float64))(jax.random.key(0))
    swept, _ = jax.jit(lambda f: _reflect_all(theory, False, f, None))(field)
    assert float(jnp.abs(swept - field).max()) > 0.3
    np.testing.assert_allclose(theory.action(swept), theory.action(field), rtol=1e-12)
    assert distance_to_group(swept) < 1e-13


def test_reflections_of_su2_undo_each_other():
    theory = SUGauge(Lattice((4, 4)), n=2, beta=2.2)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    staples, old = theory.staples(field, 0), theory.local_values(field, 0)
    reflect = theory.local_distribution(0).reflect
    np.testing.assert_allclose(reflect(staples, reflect(staples, old)), old, atol=1e-13)


def test_a_sweep_in_four_dimensions_updates_every_link_once_given_its_neighbours():
    """By parity: every second link along each axis changes, with staples that did not."""
    theory = SUGauge(Lattice((2, 2, 2, 4)), n=2, beta=2.2)
    kernel = HeatBath(theory, precision="single")
    state = kernel.init(jax.random.key(0), theory.space.cold(jnp.float64))
    new, info = eqx.filter_jit(kernel.step)(jax.random.key(1), state)
    assert new.dtype == jnp.complex64 and float(info["acceptance"]) == 1
    moved = jnp.abs(new - state).max(axis=(0, 1)) > 1e-3
    assert moved.mean() > 0.9
    assert distance_to_group(new) < 1e-6
