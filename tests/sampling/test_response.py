"""Derivatives with respect to couplings from one ensemble: exact ones of the free field."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import log_z_response, paired_difference, response, reweighted_mean
from latflow.errors import ConfigError
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.runs import theory_tangent
from latflow.sampling.response import Transportable, latent_pairs, response_series
from latflow.theories import FreeScalar, Phi4, Phi4Settings, U1Gauge
from latflow.theories.scalar import vector_fields

SIGMAS = 3.5
LATTICE = Lattice((4, 6))
MASS2 = 0.5
FREE = FreeScalar(LATTICE, m2=MASS2)


def measure(theory, field):
    return {
        "phi2": jnp.mean(field**2),
        "chi2": LATTICE.volume * jnp.mean(field) ** 2,
        "action": theory.action(field),
    }


@pytest.fixture(scope="module")
def series():
    """Of 4000 exact draws, as eight chains, for the derivative with respect to m2."""
    tangent = eqx.tree_at(lambda t: (t.m2, t.zeta), FREE, (jnp.ones(()), jnp.zeros(())))
    keys = jax.random.split(jax.random.key(1), 4000)

    @jax.jit
    def found():
        fields = jax.vmap(lambda key: FREE.sample(key, jnp.float64))(keys)
        one = lambda field: response_series(FREE, tangent, measure, field)  # noqa: E731
        return jax.lax.map(one, fields, batch_size=100)

    return jax.tree.map(lambda a: np.asarray(a).reshape(8, 500, *a.shape[1:]), found())


def exact():
    kernel = LATTICE.khat2(real=False) + MASS2
    return {"phi2": -np.mean(kernel**-2.0), "chi2": -1 / MASS2**2, "action": 0.0}


@pytest.mark.parametrize("name", ["phi2", "chi2", "action"])
def test_derivatives_of_the_free_field(series, name):
    found = response(
        series.values[name], series.explicit[name], series.score, series.along[name], series.stein
    )
    for one in (found.plain, found.improved):
        assert abs(one.value - exact()[name]) < SIGMAS * one.error
    assert found.variance_ratio > 3
    if name != "action":
        assert found.improved.error < 0.03 * abs(exact()[name])


def test_derivative_of_log_z_of_the_free_field(series):
    slope = jax.grad(lambda m2: FreeScalar(LATTICE, m2=m2).log_partition_function())(MASS2)
    found = log_z_response(series.score, series.stein)
    for one in (found.plain, found.improved):
        assert abs(one.value - float(slope)) < SIGMAS * one.error
    # A linear map makes one free field out of another: nearly nothing is left to fluctuate.
    assert found.variance_ratio > 1e4


def test_the_controls_vanish_on_average(series):
    values = series.stein.reshape(-1, series.stein.shape[-1])
    pulls = values.mean(axis=0) / (values.std(axis=0) / np.sqrt(len(values)))
    assert np.abs(pulls).max() < 4.0


def test_coefficients_are_fitted_where_they_are_not_used():
    """What one half says does not depend on its own noise; too few configurations have none."""
    random = np.random.default_rng(2)
    values, score = random.normal(size=(2, 4, 150))
    along, stein = random.normal(size=(2, 4, 150, 10))
    nothing = np.zeros_like(values)
    found = response(values, nothing, score, along, stein)
    # Controls that have nothing to do with the rest make it worse, not better, on the other half.
    assert found.improved.error > found.plain.error
    few = (slice(None), slice(10))
    short = response(values[few], nothing[few], score[few], along[few], stein[few])
    assert short.improved is short.plain


def test_divergences_are_traces_of_jacobians():
    lattice = Lattice((3, 4))
    field = jax.random.normal(jax.random.key(0), lattice.shape, jnp.float64)
    _, divergences = vector_fields(lattice, field)
    jacobian = jax.jacfwd(lambda x: vector_fields(lattice, x)[0])(field)
    traces = jnp.einsum("kxyxy->k", jacobian)
    assert np.allclose(divergences, traces, rtol=1e-10)
    shifted, _ = vector_fields(lattice, jnp.roll(field, 1, 0))
    assert np.allclose(shifted, jnp.roll(vector_fields(lattice, field)[0], 1, 1))


def test_which_theories_know_maps():
    assert isinstance(FREE, Transportable)
    assert isinstance(Phi4.hopping(LATTICE, beta=0.3, lam=0.2), Transportable)
    assert not isinstance(U1Gauge(LATTICE, beta=1.0), Transportable)


def test_theories_without_maps_have_the_plain_derivative():
    theory = U1Gauge(Lattice((2, 2)), beta=1.0)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    tangent = eqx.tree_at(lambda t: t.beta, theory, jnp.ones(()))
    one = response_series(theory, tangent, lambda t, f: {"action": t.action(f)}, field)
    assert float(one.score) == pytest.approx(float(theory.action(field)))
    assert float(one.explicit["action"]) == pytest.approx(float(theory.action(field)))
    assert one.stein.shape == (0,)


def test_couplings_follow_the_keys_of_a_convention():
    settings = Phi4Settings(shape=(4, 4), convention="kappa-lambda", kappa=0.2, lam=0.05)
    tangent = theory_tangent(settings, "kappa")
    assert float(tangent.h) == pytest.approx(2.0, rel=1e-9)
    assert abs(float(tangent.a)) < 1e-9 and abs(float(tangent.g)) < 1e-9
    by_lam = theory_tangent(settings, "lam")
    assert float(by_lam.a) == pytest.approx(-2.0, rel=1e-9)
    assert float(by_lam.g) == pytest.approx(1.0, rel=1e-9)
    with pytest.raises(ConfigError, match="no coupling of this theory; it has lam, kappa"):
        theory_tangent(settings, "beta")


def test_one_latent_stream_through_two_models():
    """The difference of two ensembles is far more precise than either, and exact."""
    near = FreeScalar(LATTICE, m2=MASS2 + 0.02)
    models = tuple(Model(FreeField(t), Identity(t.space), "double") for t in (FREE, near))
    pairs = latent_pairs(
        models, (FREE, near), lambda field: jnp.mean(field**2), jax.random.key(3), 2000
    )
    first, second = (np.asarray(x)[None] for x in (pairs.first, pairs.second))
    weights = [np.asarray(w)[None] for w in (pairs.first_log_weight, pairs.second_log_weight)]
    assert max(np.ptp(w) for w in weights) < 1e-9
    found = paired_difference(first, second, *weights)
    exact = float(near.two_point()[0, 0] - FREE.two_point()[0, 0])
    assert abs(found.value - exact) < SIGMAS * found.error
    independent = np.sqrt(2) * first.std() / np.sqrt(first.size)
    assert found.error < independent / 10
    # The same model for both is plain reweighting.
    same = latent_pairs(
        (models[0], models[0]), (FREE, near), lambda f: jnp.mean(f**2), jax.random.key(3), 2000
    )
    assert np.array_equal(np.asarray(same.first), np.asarray(pairs.first))
    reweighted = paired_difference(
        *(np.asarray(x)[None] for x in (same.first, same.second)),
        *(np.asarray(w)[None] for w in (same.first_log_weight, same.second_log_weight)),
    )
    assert abs(reweighted.value - exact) < SIGMAS * reweighted.error
    plain = reweighted_mean(np.asarray(same.second), np.asarray(same.second_log_weight))
    assert reweighted.value == pytest.approx(plain.value - np.asarray(same.first).mean())
