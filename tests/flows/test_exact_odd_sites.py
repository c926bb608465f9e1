"""Odd sites drawn exactly: what is left of the weights, and what the layer is aimed at."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import (
    AffineCouplingSettings,
    Chain,
    EvenPowerSpectrumSettings,
    ExactOddSites,
    ExactOddSitesSettings,
    Identity,
    SiteSplineSettings,
)
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import IndependentNormal
from latflow.runs import build_model, build_theory, config_from
from latflow.site_density import SiteConditional, SiteTransport, SiteWeight
from latflow.theories import FreeScalar, Interpolation, Phi4, U1Gauge

from .cases import randomised

SHAPES = [(8,), (4, 4), (2, 2), (4, 2, 2)]


def theories(lattice):
    """In the conventions of the papers, and what is between two of them."""
    hopping = Phi4.hopping(lattice, beta=0.7, lam=0.5)
    aks = Phi4.aks(lattice, m2=-4.0, lam=6.0 if lattice.ndim == 2 else 14.0)
    return {
        "hopping": hopping,
        "field-strength": Phi4.field_strength(lattice, zeta=0.6, m2=-1.2 * lattice.ndim, g4=0.5),
        "aks": aks,
        "textbook": Phi4.textbook(lattice, m2=-0.5, lam=0.3),
        "kappa-lambda": Phi4.kappa_lambda(lattice, kappa=0.25, lam=0.022),
        "free": FreeScalar(lattice, m2=0.5, zeta=0.8),
        "between": Interpolation(hopping, aks, 0.3),
    }


def even_model(theory, seed=1):
    """A model of even sites with random parameters, then the exact layer, in double precision."""
    space, key = theory.space, jax.random.key(0)
    settings = [
        EvenPowerSpectrumSettings(bins=2),
        AffineCouplingSettings(level=1, layers=2, net=ConvolutionSettings(hidden=(3,))),
        ExactOddSitesSettings(),
    ]
    if any(extent % 4 for extent in space.lattice.shape) and space.lattice.ndim == 1:
        del settings[1]
    flow = Chain(tuple(one.build(space, key) for one in settings)).aimed_at(theory)
    return Model(IndependentNormal(space), randomised(flow, seed), "double")


def spread_over_odd(theory, model, n=200):
    """log w of draws that agree on the even latent variables and differ on the odd ones."""
    odd = theory.space.lattice.parity
    random = np.random.default_rng(0)
    even, others = random.normal(size=odd.shape), random.normal(size=(n, *odd.shape))

    def log_weight(other):
        z = jnp.where(odd, other, even)
        x, log_det = model.flow.forward(z)
        return theory.log_prob(x) + log_det - model.prior.log_prob(z)

    return np.asarray(jax.jit(jax.vmap(log_weight))(others))


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_log_weights_depend_on_the_even_sites_only(shape):
    """To the error of the table, a few 1e-6 per site; without the layer they do."""
    theory = Phi4.hopping(Lattice(shape), beta=0.7, lam=0.5)
    model = even_model(theory)
    assert spread_over_odd(theory, model).std() < 3e-6 * theory.space.lattice.volume**0.5
    without = Model(model.prior, Chain(model.flow.flows[:-1]), "double")
    assert spread_over_odd(theory, without).std() > 0.1


@pytest.mark.first_cases(3)
@pytest.mark.parametrize("name", list(theories(Lattice((4, 4)))))
def test_every_convention_and_the_free_field(name):
    theory = theories(Lattice((4, 4)))[name]
    assert spread_over_odd(theory, even_model(theory), n=50).std() < 3e-5


@pytest.mark.parametrize("weight", [(0.0, 6.975), (0.0, 0.5), (0.96, 0.02), (-2.0, 1.0)], ids=str)
def test_error_of_the_density(weight):
    """1e-5 of log p for single wells, 1e-3 for a double well with a barrier of one."""
    a, g = weight
    transport = SiteTransport.of(SiteWeight(a, g, 1.0))
    random = np.random.default_rng(1)
    z = jnp.asarray(random.normal(size=20_000))
    h = jnp.asarray(3 * float(transport.averages.scale) * random.normal(size=20_000))
    phi, log_slope = jax.jit(lambda z, h: transport.forward(z, h))(z, h)
    log_p = h * phi - a * phi**2 - g * phi**4 - transport.averages.log_z(h)
    log_q = -0.5 * z**2 - 0.5 * jnp.log(2 * jnp.pi) - log_slope
    error = np.abs(np.asarray(log_p - log_q))
    assert error.max() < (2e-5 if a >= 0 else 1e-3)
    assert np.sqrt((error**2).mean()) < (2e-6 if a >= 0 else 1e-4)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("a, g", [(0.0, 0.5), (-6.0, 0.5), (1.3, 0.0)])
def test_far_beyond_the_table_the_map_is_still_a_bijection(a, g):
    """Fields of 1e5 units and z of 30; a double well with a barrier of 18 as well."""
    transport = SiteTransport.of(SiteWeight(a, g, 1.0))
    scale = float(transport.averages.scale)
    h, z = jnp.meshgrid(
        scale * jnp.array([-1e5, -300.0, -2.0, 0.0, 0.1, 5.0, 1e4]),
        jnp.array([-30.0, -7.0, -1.1, 0.0, 0.3, 6.0, 12.0]),
    )
    phi, log_slope = transport.forward(z, h)
    back, log_slope_back = transport.inverse(phi, h)
    assert (jnp.diff(phi, axis=0) > 0).all()
    np.testing.assert_allclose(back, z, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(log_slope_back, -log_slope, rtol=1e-6, atol=1e-5)


@pytest.mark.slow
def test_log_z_is_that_of_the_free_field_without_training():
    """The start of "even-psd" is exact for it: all weights are one and the same number."""
    for shape in SHAPES:
        theory = FreeScalar(Lattice(shape), m2=0.4, zeta=0.7)
        space, key = theory.space, jax.random.key(0)
        settings = [EvenPowerSpectrumSettings(m2=0.4, zeta=0.7), ExactOddSitesSettings()]
        flow = Chain(tuple(one.build(space, key) for one in settings)).aimed_at(theory)
        model = Model(IndependentNormal(space), flow).cast("double")
        keys = jax.random.split(jax.random.key(3), 20)
        log_weights = jax.jit(jax.vmap(lambda key, m=model, t=theory: m.propose(t, key)[1]))(keys)
        # Parameters start in single precision.
        expected = float(theory.log_partition_function())
        np.testing.assert_allclose(log_weights, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("shape, beta", [((8,), 0.5), ((4, 4), 0.3), ((2, 2, 2), 0.15)])
def test_log_z_agrees_with_and_without_elimination(shape, beta):
    """Two estimates, each from 4096 draws of a flow that nobody trained; 4.5 sigma."""
    lattice = Lattice(shape)
    theory = Phi4.hopping(lattice, beta=beta, lam=0.5)
    space = theory.space
    wide = Model(IndependentNormal(space, 0.8), Identity(space), "double")
    flow = ExactOddSites(space, SiteConditional.of(theory.site_weight))
    even = SiteSplineSettings(level=1).build(space, jax.random.key(0))
    shrunk = eqx.tree_at(lambda one: one.spline, even, even.spline.scaled(0.8))
    narrow = Model(IndependentNormal(space), Chain((shrunk, flow)), "double")
    found = []
    for model in (wide, narrow):
        keys = jax.random.split(jax.random.key(5), 4096)
        lw = np.asarray(jax.jit(jax.vmap(lambda k, m=model: m.propose(theory, k)[1]))(keys))
        w = np.exp(lw - lw.max())
        found.append((lw.max() + np.log(w.mean()), w.std() / w.mean() / 64))
    (one, error_one), (other, error_other) = found
    assert error_one < 0.1 and error_other < 0.1
    assert abs(one - other) < 4.5 * np.hypot(error_one, error_other)


def test_moved_and_aimed():
    small, large = Lattice((2, 2)), Lattice((4, 6))
    theory = Phi4.hopping(small, beta=0.7, lam=0.5)
    other = Phi4.hopping(large, beta=0.5, lam=0.3)
    layer = ExactOddSites(theory.space, SiteConditional.of(theory.site_weight))
    moved = layer.moved_to(large)
    assert moved.space == RealScalar(large)
    assert float(moved.conditional.hopping) == 0.7
    aimed = moved.aimed_at(other)
    assert float(aimed.conditional.hopping) == 0.5
    with pytest.raises(ConfigError, match="nearest-neighbour action, which U1Gauge is not"):
        layer.aimed_at(U1Gauge(small, beta=1.0))
    with pytest.raises(ConfigError, match="even extents"):
        ExactOddSites(RealScalar(Lattice((3, 4))), layer.conditional)


def test_a_configuration_aims_its_flow_at_its_theory():
    content = {
        "theory": {"kind": "phi4", "shape": [4, 4], "beta": 0.4, "lam": 0.5},
        "model": {"prior": {"kind": "normal"}, "flow": [{"kind": "exact-odd-sites"}]},
        "training": {"steps": 1, "stages": [{"steps": 1, "couplings": {"beta": 0.1}}]},
    }
    config = config_from(content)
    model = build_model(config)
    assert model is not None
    assert float(model.flow.conditional.hopping) == 0.4
    theory = build_theory(config_from(content | {"theory": content["theory"] | {"beta": 0.2}}))
    other = build_model(config, theory)
    assert other is not None and float(other.flow.conditional.hopping) == 0.2
