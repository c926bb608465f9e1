"""Conditional levels: Gaussian conditionals, pairs, and what stays level by level."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import (
    AffineCouplingSettings,
    Chain,
    ExactOddSitesSettings,
    FinerPowerSpectrumSettings,
    PairAveragesSettings,
    PowerSpectrumSettings,
)
from latflow.flows._levels import sites_of_level
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice

from .cases import randomised

M2, ZETA = 0.3, 0.7
SHAPES = [(8,), (4, 8), (4, 4, 4)]
LEVELS = [(shape, level) for shape in SHAPES for level in range(len(shape))]


def covariance(shape):
    """Of a free field, between all sites in row-major order."""
    lattice = Lattice(shape)
    of_distance = np.fft.ifftn(1 / (M2 + ZETA * lattice.khat2(real=False))).real
    sites = np.indices(shape).reshape(len(shape), -1).T
    distances = (sites[:, None] - sites[None]) % np.array(shape)
    return of_distance[tuple(np.moveaxis(distances, -1, 0))]


def jacobian(flow, shape):
    volume = int(np.prod(shape))
    matrix = jax.jacobian(lambda z: flow.forward(z.reshape(shape))[0].ravel())
    return np.asarray(matrix(np.zeros(volume)))


@pytest.mark.parametrize("shape, level", LEVELS, ids=str)
@pytest.mark.parametrize("coarser", ["sites", "averages"])
def test_finer_sites_of_a_free_field(shape, level, coarser):
    """Conditional mean and covariance are those of the matrix, in any dimension."""
    space, of_all = RealScalar(Lattice(shape)), covariance(shape)
    settings = {"level": level, "m2": M2, "zeta": ZETA, "coarser": coarser}
    flow = FinerPowerSpectrumSettings.model_validate(settings).build(space, jax.random.key(0))
    if coarser == "averages":
        rotation = jacobian(
            PairAveragesSettings(level=level).build(space, jax.random.key(0)), shape
        )
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(len(rotation)), atol=1e-12)
        of_all = rotation.T @ of_all @ rotation
    coarse = sites_of_level(space.lattice, level + 1).ravel()
    fine = sites_of_level(space.lattice, level).ravel() & ~coarse
    mean = of_all[np.ix_(fine, coarse)] @ np.linalg.inv(of_all[np.ix_(coarse, coarse)])
    rest = of_all[np.ix_(fine, fine)] - mean @ of_all[np.ix_(coarse, fine)]
    matrix = jacobian(flow, shape)
    # The spectrum's parameters are single precision.
    np.testing.assert_allclose(matrix[np.ix_(fine, coarse)], mean, atol=1e-6)
    noise = matrix[np.ix_(fine, fine)]
    np.testing.assert_allclose(noise @ noise.T, rest, atol=1e-6)
    # Nothing else is touched or looked at.
    np.testing.assert_array_equal(matrix[~fine], np.eye(len(matrix))[~fine])
    assert not matrix[np.ix_(fine, ~(fine | coarse))].any()


def test_levels_repeat_with_the_spacing():
    """A level of twice the spacing is that of half the extents, on sites with even coordinates."""
    wide, narrow = RealScalar(Lattice((8, 16))), RealScalar(Lattice((4, 8)))
    field = jax.random.normal(jax.random.key(3), (8, 16))
    for make, level in itertools.product(
        (FinerPowerSpectrumSettings, PairAveragesSettings), (0, 1)
    ):
        moved, log_det = make(level=level + 2).build(wide, jax.random.key(0)).forward(field)
        inner, expected = (
            make(level=level).build(narrow, jax.random.key(0)).forward(field[::2, ::2])
        )
        np.testing.assert_allclose(moved[::2, ::2], inner, rtol=1e-12)
        np.testing.assert_allclose(log_det, expected, rtol=1e-12)
        np.testing.assert_array_equal(moved[1::2], field[1::2])


@pytest.mark.parametrize("make", [FinerPowerSpectrumSettings, PairAveragesSettings])
@pytest.mark.parametrize("shape, level", [((6, 4), 2), ((5, 4), 0), ((4, 4), 4)])
def test_levels_that_are_not_there(make, shape, level):
    with pytest.raises(ConfigError, match="multiples of"):
        make(level=level).build(RealScalar(Lattice(shape)), jax.random.key(0))


def test_coarser_fields_know_nothing_of_finer_ones():
    """So the log density of a field is a sum over levels of what each says given the coarser."""
    space = RealScalar(Lattice((4, 4)))
    net = ConvolutionSettings(hidden=(3,))
    settings = [
        FinerPowerSpectrumSettings(level=1),
        AffineCouplingSettings(level=1, active="finer", layers=1, net=net),
        ExactOddSitesSettings(),
    ]
    finer = randomised(Chain(tuple(one.build(space, jax.random.key(1)) for one in settings)), 2)
    flow = Chain((PowerSpectrumSettings(level=2).build(space, jax.random.key(1)), *finer.parts))
    z = jax.random.normal(jax.random.key(3), (4, 4))
    coarse = sites_of_level(space.lattice, 2)
    other = jnp.where(coarse, z, jax.random.normal(jax.random.key(4), (4, 4)))
    x, y = flow.forward(z)[0], flow.forward(other)[0]
    np.testing.assert_array_equal(x[coarse], y[coarse])
    assert (np.asarray(x != y)[~coarse]).all()
    # What training by the forward divergence needs of a level is the field there.
    log_q = lambda field: -0.5 * (flow.inverse(field)[0] ** 2).sum() + flow.inverse(field)[1]  # noqa: E731
    first, *others = flow.parts
    coarsest = jnp.where(coarse, x, 0)
    latent, log_det = first.inverse(coarsest)
    rest, log_det_rest = Chain(tuple(others)).inverse(x)
    parts = -0.5 * (latent[coarse] ** 2).sum() + log_det
    parts += -0.5 * (rest[~coarse] ** 2).sum() + log_det_rest
    np.testing.assert_allclose(log_q(x), parts, rtol=1e-12)
