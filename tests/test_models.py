"""A prior pushed through a flow: one density, whichever way it is asked for."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import PrecisionError
from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, Chain, RescaleSettings
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import FreeFieldSettings, IndependentNormalSettings

PRIORS = [IndependentNormalSettings(width=0.8), FreeFieldSettings(m2=0.5)]
priors = pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior.kind)


def build(shape, prior, precision="double", scale=0.2):
    """A model with every parameter moved away from its start, so that it is not Gaussian."""
    space, random = RealScalar(Lattice(shape)), np.random.default_rng(5)
    net = ConvolutionSettings(hidden=(3,))
    couplings = AffineCouplingSettings(layers=3, equivariance="none", net=net)
    flow = Chain(
        (
            couplings.build(space, jax.random.key(0)),
            RescaleSettings(scale=0.9).build(space, jax.random.key(1)),
        )
    )
    parameters, rest = eqx.partition(flow, eqx.is_inexact_array)
    noisy = jax.tree.map(
        lambda p: np.asarray(p + scale * random.normal(size=p.shape), np.float32), parameters
    )
    model = Model(prior.build(space), eqx.combine(jax.device_put(noisy), rest))
    return model.cast(precision)


def draw(model, number, seed=2):
    keys = jax.random.split(jax.random.key(seed), number)
    return jax.jit(jax.vmap(lambda key: model.sample_and_log_prob(key)))(keys)


@priors
def test_density_of_a_sample_is_the_density_at_the_sample(prior):
    model = build((4, 4), prior)
    fields, log_probs = draw(model, 16)
    assert fields.shape == (16, 4, 4)
    assert fields.dtype == log_probs.dtype == jnp.float64
    again = jax.jit(jax.vmap(lambda field: model.log_prob(field)))(fields)
    np.testing.assert_allclose(again, log_probs, rtol=1e-11)


@priors
def test_density_is_normalised_on_two_sites(prior):
    model = build((2,), prior)
    grid, step = np.linspace(-12, 12, 401, retstep=True)
    pairs = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    density = np.exp(jax.jit(jax.vmap(lambda field: model.log_prob(field)))(pairs))
    assert density.sum() * step**2 == pytest.approx(1, abs=1e-6)
    # Not a trivial case: the mean, which a Gaussian prior puts at zero, has moved.
    assert abs(density @ pairs * step**2).max() > 0.01


@priors
def test_samples_have_the_density_on_two_by_two_sites(prior):
    """A density g inside of q: the mean of g / q over samples of q is the integral of g, one.

    Compared at 5 standard errors: a false alarm in 10^6 seeds.
    """
    model, width, number = build((2, 2), prior, scale=0.1), 0.5, 40_000
    fields, log_probs = (np.asarray(part) for part in draw(model, number))
    inside = -0.5 * ((fields / width) ** 2).sum(axis=(1, 2)) - 4 * np.log(
        width * np.sqrt(2 * np.pi)
    )
    ratio = np.exp(inside - log_probs)
    error = ratio.std() / number**0.5
    assert error < 0.03
    assert abs(ratio.mean() - 1) < 5 * error


@priors
def test_cast_changes_the_precision_and_nothing_else(prior):
    single = build((4, 4), prior, "single")
    double = single.cast("double")
    assert (single.precision, double.precision) == ("single", "double")
    for model, dtype in ((single, jnp.float32), (double, jnp.float64)):
        leaves = jax.tree.leaves(parameters_of(model)[0])
        assert leaves and {leaf.dtype for leaf in leaves} == {jnp.dtype(dtype)}
    assert eqx.tree_equal(double.cast("single"), single)
    fields, log_probs = draw(single, 16)
    assert fields.dtype == jnp.float32 and log_probs.dtype == jnp.float64
    exact = jax.jit(jax.vmap(lambda field: double.log_prob(field)))(np.float64(fields))
    np.testing.assert_allclose(log_probs, exact, atol=1e-4)


def test_double_precision_is_refused_where_jax_would_round_it():
    model = build((2,), PRIORS[0], "single")
    with jax.enable_x64(False), pytest.raises(PrecisionError, match="jax_enable_x64"):
        model.cast("double")
    with jax.enable_x64(False), pytest.raises(PrecisionError, match="jax_enable_x64"):
        model.prior.log_prob(jnp.zeros(2))
