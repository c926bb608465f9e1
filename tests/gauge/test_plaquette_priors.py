"""Priors of links: every one of the registry that serves U(1) in two dimensions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import TypeAdapter

from latflow.analysis import effective_sample_size
from latflow.errors import ConfigError, FieldError
from latflow.fields import RealScalar
from latflow.fields.links import SULinks, U1Links, plaquette_angles
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import PRIORS, FreePlaquettesSettings, SpreadPlaquettesSettings
from latflow.settings import one_of
from latflow.theories import U1Gauge
from latflow.theories.gauge import ExactU1
from latflow.training import evaluate

from .chains import SIGMAS

LINK_PRIORS = [settings for settings in PRIORS if U1Links in settings.spaces]
OFTEN = [settings(beta=1.3) for settings in LINK_PRIORS]
# The sign of the coupling matters little.
SELDOM = [settings(beta=-2.0) for settings in LINK_PRIORS]
SELDOM += [FreePlaquettesSettings(beta=1.3, place="random")]
cases = pytest.mark.parametrize(
    "settings", [*OFTEN, *(pytest.param(case, marks=pytest.mark.slow) for case in SELDOM)], ids=repr
)


def drawn(prior, count, seed=1):
    keys = jax.random.split(jax.random.key(seed), count)
    return jax.jit(jax.vmap(lambda key: prior.sample(key, jnp.float64)))(keys)


def test_there_are_three():
    assert len(LINK_PRIORS) == 3


@cases
def test_density_is_normalised_and_is_that_of_the_samples(settings):
    """Two sites, whose plaquettes are theta and -theta; moments at 5 standard errors."""
    prior, count = settings.build(U1Links(Lattice((1, 2)))), 20_000
    assert prior.is_normalised and prior.draws_independently
    grid = np.linspace(-np.pi, np.pi, 256, endpoint=False)
    # P(0) = theta_0(0) - theta_0(1), all other links cancel in it.
    fields = np.zeros((256, 2, 1, 2))
    fields[:, 0, 0, 0] = grid
    density = np.exp(jax.jit(jax.vmap(lambda field: prior.log_prob(field)))(jnp.asarray(fields)))
    assert density.mean() == pytest.approx(1, abs=1e-10)
    angles = jax.vmap(lambda field: plaquette_angles(prior.space, field))(drawn(prior, count))
    for power in (1, 2):
        exact = (density * np.cos(power * grid)).mean()
        values = np.cos(power * np.asarray(angles[:, 0, 0]))
        assert abs(values.mean() - exact) < 5 * values.std() / np.sqrt(count)


@cases
def test_everything_but_the_plaquettes_is_uniform(settings):
    prior = settings.build(U1Links(Lattice((2, 3))))
    links = np.exp(1j * np.asarray(drawn(prior, 4000)))
    lines = links[:, 0].prod(axis=1)[:, 0], links[:, 1].prod(axis=2)[:, 0]
    for numbers in (links.reshape(4000, -1).T, lines):
        for values in numbers:
            assert abs(values.mean()) < 4.5 / np.sqrt(4000)


@cases
def test_weights_have_the_mean_that_the_character_expansion_gives(settings):
    """Fixes the density on a larger lattice, at another coupling of the target."""
    prior, count = settings.build(U1Links(Lattice((3, 4)))), 4000
    beta = 0.8 * settings.beta
    target = U1Gauge(Lattice((3, 4)), beta=beta)
    fields = drawn(prior, count)
    log_weight = jax.vmap(lambda field: target.log_prob(field) - prior.log_prob(field))(fields)
    weight = np.exp(np.asarray(log_weight) - ExactU1(beta, 12).log_z)
    assert abs(weight.mean() - 1) < SIGMAS * weight.std() / np.sqrt(count)
    assert weight.std() < 5


@cases
def test_symmetries(settings):
    space = U1Links(Lattice((3, 4)))
    prior = settings.build(space)
    field = space.random(jax.random.key(3), jnp.float64)
    value = float(prior.log_prob(field))
    gauge = space.random_elements(jax.random.key(4), jnp.float64)
    images = {
        "gauge": space.transformed(field, gauge),
        "charge-conjugation": -field,
        "centre": field.at[0, 1].add(0.7),
        "translation": jnp.roll(field, (1, 2), (1, 2)),
    }
    for name, image in images.items():
        same = abs(float(prior.log_prob(image)) - value) < 1e-10
        assert same == (name in prior.symmetries), name


@cases
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_precision_and_other_sizes(settings, dtype):
    prior = settings.build(U1Links(Lattice((3, 4))))
    field = jax.jit(lambda key: prior.sample(key, dtype))(jax.random.key(0))
    assert field.dtype == dtype and field.shape == (2, 3, 4)
    assert prior.log_prob(field).dtype == jnp.float64
    moved = prior.moved_to(Lattice((2, 2)))
    assert eqx.tree_equal(moved, settings.build(U1Links(Lattice((2, 2)))))
    # Nothing of it is for an optimiser.
    assert not jax.tree.leaves(parameters_of(prior)[0])


@cases
def test_refusals(settings):
    with pytest.raises(ConfigError, match="U1Links or SULinks, not of"):
        settings.build(RealScalar(Lattice((2, 2))))
    with pytest.raises(ConfigError, match=r"not of SU\(4\)"):
        settings.build(SULinks(Lattice((2, 2)), 4))
    with pytest.raises(ConfigError, match="two dimensions") as caught:
        settings.build(U1Links(Lattice((2, 2, 2))))
    assert caught.value.key == "model.prior.kind"
    with pytest.raises(FieldError, match="a field has"):
        settings.build(U1Links(Lattice((2, 2)))).log_prob(jnp.zeros((2, 2)))
    assert TypeAdapter(one_of(PRIORS, "kind")).validate_python(settings.model_dump()) == settings


def ess_of(settings, shape, beta, count):
    """ESS with its error, and the pull of log Z."""
    theory = U1Gauge(Lattice(shape), beta=beta)
    model = Model(settings.build(theory.space), Identity(theory.space))
    log_weight = evaluate(model, theory, 1, count)["log_weight"]
    weight = np.exp(log_weight - ExactU1(beta, int(np.prod(shape))).log_z)
    pull = (weight.mean() - 1) / (weight.std() / np.sqrt(count))
    return effective_sample_size(log_weight), pull


def test_weights_of_spread_plaquettes_hardly_fluctuate():
    ess, pull = ess_of(SpreadPlaquettesSettings(beta=2.0), (8, 8), 2.0, 4096)
    assert ess.value == pytest.approx(0.9977, abs=4 * ess.error + 5e-4)
    assert abs(pull) < SIGMAS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "shape", "expected"),
    [
        (FreePlaquettesSettings(beta=7.0), (16, 16), 0.2181),
        (SpreadPlaquettesSettings(beta=7.0), (8, 8), 0.952),
        (SpreadPlaquettesSettings(beta=7.0), (16, 16), 0.9970),
    ],
    ids=repr,
)
def test_effective_sample_sizes_of_a_hundred_thousand_draws(settings, shape, expected):
    """I_0(7)^2 / I_0(14) for one free plaquette; the others were measured with other seeds."""
    ess, pull = ess_of(settings, shape, 7.0, 100_000)
    assert abs(ess.value - expected) < 4 * ess.error + 1e-3
    assert abs(pull) < SIGMAS
