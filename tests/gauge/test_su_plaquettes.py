"""SU(2) and SU(3) in two dimensions from independent plaquettes: sequences, densities, draws.

Statistical tests: fixed seeds, 3.5 standard errors of independent draws (false alarms: 5e-4 each).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError, FieldError
from latflow.fields.links import (
    SULinks,
    closing_product,
    field_of_sequence,
    plaquette,
    product_of_sequence,
    sequence_of,
)
from latflow.kernels import ExactDrawsSettings
from latflow.lattice import Lattice
from latflow.priors import (
    ExactPlaquettesSettings,
    FreePlaquettesSettings,
    SpreadPlaquettesSettings,
)
from latflow.theories import SUGauge
from latflow.theories.gauge import ExactSU, OnePlaquette, exact_su_fields

from .chains import SIGMAS

SHAPE = (2, 3)
FREE, ANYWHERE = FreePlaquettesSettings, {"place": "random"}
CASES = [
    (2, SpreadPlaquettesSettings(beta=-1.6)),
    (2, ExactPlaquettesSettings(beta=1.9)),
    (3, FREE(beta=1.9, **ANYWHERE)),
    (2, FREE(beta=1.9)),
    (2, FREE(beta=-1.6, **ANYWHERE)),
    (2, SpreadPlaquettesSettings(beta=1.9)),
    (3, ExactPlaquettesSettings(beta=-1.6)),
]
cases = pytest.mark.parametrize(("n", "settings"), CASES, ids=repr)


def drawn(draw, count, seed=1):
    return jax.jit(jax.vmap(draw))(jax.random.split(jax.random.key(seed), count))


def assert_mean(values, exact, largest_error):
    values = np.asarray(values)
    error = values.std() / np.sqrt(len(values))
    assert error < largest_error
    assert abs(values.mean() - exact) < SIGMAS * error


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(("n", "shape"), [(2, (3, 4)), (3, (1, 2)), (4, (2, 1))])
def test_a_field_is_its_sequence(n, shape):
    space = SULinks(Lattice(shape), n)
    field = space.random(jax.random.key(0), jnp.float64)

    def there_and_back(field):
        sequence = sequence_of(space, field)
        closing = closing_product(sequence.first_line, sequence.second_line)
        product = product_of_sequence(sequence.plaquettes)
        traces = jnp.trace(sequence.plaquettes), jnp.trace(plaquette(space, field, 1, 0))
        return field_of_sequence(space, sequence), product, closing, *traces

    back, product, closing, *traces = map(np.asarray, jax.jit(there_and_back)(field))
    assert back == pytest.approx(np.asarray(field), abs=1e-13)
    assert product == pytest.approx(closing, abs=1e-12)
    # The same plaquettes, up to where they were transported to.
    assert pytest.approx(traces[1], abs=1e-12) == traces[0].reshape(shape[::-1])[::-1].T
    with pytest.raises(FieldError, match="two dimensions"):
        sequence_of(SULinks(Lattice((2, 2, 2)), n), field)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(("n", "beta"), [(2, 5.0), (3, -3.0), (2, -3.0), (3, 5.0)])
def test_one_plaquette_is_drawn_with_its_density(n, beta):
    """tr P / N and its square: derivatives of log z, by central differences of exact values."""
    one, count = OnePlaquette(n, beta), 20_000
    angles = np.asarray(jax.jit(lambda key: one.draw_angles(key, count))(jax.random.key(3)))
    assert angles.sum(axis=0) == pytest.approx(0, abs=1e-13)
    traces = np.cos(angles).mean(axis=0)
    step = 1e-3
    low, mid, high = (OnePlaquette(n, beta + d).log_norm for d in (-step, 0, step))
    mean = (high - low) / (2 * step)
    assert_mean(traces, mean, 0.005)
    assert_mean((traces - mean) ** 2, (high - 2 * mid + low) / step**2, 0.005)
    draw = jax.jit(lambda key: one.draw(key, count, jnp.float32))
    elements = np.asarray(draw(jax.random.key(3)))
    assert elements.dtype == np.complex64 and elements.shape == (n, n, count)
    products = np.einsum("ija,kja->ika", elements, elements.conj())
    assert products == pytest.approx(
        np.broadcast_to(np.eye(n)[:, :, None], products.shape), abs=1e-5
    )
    # Eigenvectors are uniform: every entry but those of the diagonal vanishes on average.
    assert abs(elements.mean(axis=2)[0, 1]) < 5 / np.sqrt(count)


@pytest.mark.parametrize("n", [2, 3])
def test_bounds_of_cells_hold(n):
    """At points of a grid that is finer, and not aligned."""
    for beta in (6.0, -6.0):
        one = OnePlaquette(n, beta)
        bounds = one._log_bounds
        rng = np.random.default_rng(1)
        first = rng.uniform(-np.pi, np.pi, (n - 1, 200_000))
        cells = np.floor((first + np.pi) / (2 * np.pi) * bounds.shape[0]).astype(int)
        density = one.log_density(jnp.asarray(np.vstack([first, -first.sum(axis=0)])))
        assert np.all(density <= bounds[tuple(cells)])


def test_larger_groups_are_refused():
    with pytest.raises(ConfigError, match=r"SU\(4\) are not drawn"):
        OnePlaquette(4, 1.0)
    with pytest.raises(ConfigError, match="thousand proposals") as caught:
        exact_su_fields(SULinks(Lattice((4, 4)), 3), 12.0)
    assert caught.value.key == "theory.beta"
    with pytest.raises(ConfigError, match="two dimensions only, not in 3"):
        exact_su_fields(SULinks(Lattice((2, 2, 2)), 2), 1.0)
    with pytest.raises(ConfigError, match="known for U"):
        SpreadPlaquettesSettings(beta=1.0).build(SULinks(Lattice((2, 2)), 3))


@pytest.mark.first_cases(3)
@cases
def test_densities_are_those_of_the_draws(n, settings):
    """The mean weight at two couplings is Z, and weights of the mean plaquette give its value.

    A density that is not that of the draws, or not normalised, fails; so does a bound of weights
    that does not hold.
    """
    space, volume = SULinks(Lattice(SHAPE), n), 6
    prior = settings.build(space)
    # Without a spread nearly everything is rejected, and a field takes many proposals.
    count = 1500 if isinstance(settings, ExactPlaquettesSettings) else 6000

    def draw(key):
        field = prior.sample(key, jnp.float64)
        return SUGauge(space.lattice, n=n, beta=1.0).action(field), prior.log_prob(field)

    action, log_prob = (np.asarray(x) for x in drawn(draw, count))
    for factor in (1.0, 0.6):
        beta = factor * settings.beta
        exact = ExactSU(n, beta, volume)
        weight = np.exp(-beta * action - log_prob - exact.log_z)
        if isinstance(settings, ExactPlaquettesSettings) and factor == 1:
            assert weight == pytest.approx(1, abs=1e-9)
            assert_mean(-action / volume, exact.plaquette, 0.01)
            continue
        assert_mean(weight, 1, 0.05)
        assert_mean(weight * (-action / volume - exact.plaquette), 0, 0.02)


@pytest.mark.first_cases(3)
@cases
def test_densities_are_invariant_under_gauge_transformations(n, settings):
    space = SULinks(Lattice(SHAPE), n)
    prior = settings.build(space)
    field = space.random(jax.random.key(1), jnp.float64)
    gauge = space.random_elements(jax.random.key(2), jnp.float64)
    fields = [field, space.transformed(field, gauge), jnp.conj(field), jnp.roll(field, 1, axis=4)]
    slopes = jax.vmap(jax.value_and_grad(prior.log_prob))
    values, gradients = jax.jit(slopes)(jnp.stack([*fields, space.cold(jnp.float64)]))
    values = np.asarray(values)
    assert values[1:3] == pytest.approx(values[0], abs=1e-11)
    assert (abs(values[3] - values[0]) < 1e-11) == ("translation" in prior.symmetries)
    assert np.isfinite(gradients).all()


def test_bounds_of_weights_are_reached():
    """On the configuration without any field, where they are largest."""
    space = SULinks(Lattice(SHAPE), 2)
    cold = space.cold(jnp.float64)
    for settings in (SpreadPlaquettesSettings(beta=2.2), FreePlaquettesSettings(beta=2.2)):
        prior = settings.build(space)
        log_weight = SUGauge(space.lattice, n=2, beta=2.2).log_prob(cold) - prior.log_prob(cold)
        assert log_weight == pytest.approx(prior.plaquettes.largest_log_weight, abs=1e-9)


@pytest.mark.parametrize("n", [2])
def test_priors_move_and_exact_draws_are_a_kernel(n):
    space = SULinks(Lattice(SHAPE), n)
    for settings in (ExactPlaquettesSettings(beta=1.2), FreePlaquettesSettings(beta=1.2)):
        moved = settings.build(space).moved_to(Lattice((3, 2)))
        other = settings.build(SULinks(Lattice((3, 2)), n))
        field = other.space.random(jax.random.key(0), jnp.float64)
        assert eqx.tree_equal(moved, other)
        assert np.isfinite(other.log_prob(field))
    kernel = ExactDrawsSettings().build_kernel(SUGauge(space.lattice, n=n, beta=1.2))
    start = jax.jit(lambda key: kernel.start(key, "prior", jnp.float64))
    state, info = eqx.filter_jit(kernel.step)(jax.random.key(2), start(jax.random.key(1)))
    assert info["acceptance"] == 1 and state.shape == (n, n, 2, *SHAPE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "beta", "settings", "least"),
    [
        (2, 2.2, SpreadPlaquettesSettings(beta=2.2), 0.9999),
        (3, 5.0, FreePlaquettesSettings(beta=5.0, place="random"), 0.985),
    ],
)
def test_untrained_ess_at_16x16(n, beta, settings, least):
    """10^5 fields: ESS, log Z and plaquette."""
    space, count = SULinks(Lattice((16, 16)), n), 100_000
    prior, theory = settings.build(space), SUGauge(space.lattice, n=n, beta=beta)

    def draw(key):
        field = prior.sample(key, jnp.float64)
        action = theory.action(field)
        return action, -action - prior.log_prob(field)

    keys = jax.random.split(jax.random.key(1), count)
    action, log_weight = (np.asarray(x) for x in jax.lax.map(draw, keys, batch_size=200))
    exact = ExactSU(n, beta, 256)
    weight = np.exp(log_weight - exact.log_z)
    assert_mean(weight, 1, 4e-4)
    assert_mean(weight * (-action / beta / 256 - exact.plaquette), 0, 1e-4)
    assert weight.sum() ** 2 / (weight**2).sum() / count > least
