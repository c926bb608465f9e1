"""Nested sublattices: which sites, who is near to whom, and what they refuse."""

import jax
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import (
    AffineCouplingSettings,
    EvenPowerSpectrumSettings,
    LevelMask,
    PowerSpectrumSettings,
    SiteSplineSettings,
)
from latflow.lattice import Lattice

LATTICES = [((16,), 4), ((8, 16), 6), ((4, 8, 4), 6), ((4, 4, 4, 4), 8)]


def mask(shape, level, active_is_finer=True):
    return LevelMask(RealScalar(Lattice(shape)), level, active_is_finer)


@pytest.mark.parametrize("shape, levels", LATTICES, ids=str)
def test_every_level_has_half_the_sites_of_the_one_before(shape, levels):
    """Both halves make it up, and the coarser one is the next level."""
    before = set(range(int(np.prod(shape))))
    for level in range(levels):
        one = mask(shape, level)
        finer, coarser = set(one.active_sites.tolist()), set(one.frozen_sites.tolist())
        assert finer | coarser == before and not finer & coarser
        assert len(finer) == len(coarser) == len(before) // 2
        other = mask(shape, level, active_is_finer=False)
        assert set(other.active_sites.tolist()) == coarser
        before = coarser
    # After D steps the spacing has doubled.
    sites = np.array(np.unravel_index(mask(shape, len(shape) - 1).frozen_sites, shape))
    assert (sites % 2 == 0).all()


@pytest.mark.parametrize(
    "shape, level, radius, frozen, active",
    [
        ((8, 8), 0, 1, 4, 5),
        ((8, 8), 1, 1, 4, 5),
        ((8, 8), 1, 2, 12, 13),
        ((16, 16), 2, 1, 4, 5),
        ((16, 16), 3, 1, 4, 5),
        ((16,), 2, 1, 2, 1),
        ((8, 8, 8), 1, 1, 8, 11),
    ],
)
def test_neighbourhoods_look_alike_on_every_level(shape, level, radius, frozen, active):
    """In two dimensions a level is the one before it, turned by 45 degrees and stretched."""
    one = mask(shape, level)
    near, same = one.neighbourhood(radius, True), one.neighbourhood(radius, False)
    assert (len(near), len(same)) == (frozen, active)
    # Level k has sites at distances of 2^(k/2) in two dimensions: the nearest are all there.
    columns = near.columns
    assert (np.sort(columns, axis=0) == np.arange(len(columns))[:, None]).all()
    sites = np.array(np.unravel_index(np.arange(int(np.prod(shape))), shape)).T
    here = sites[one.active_sites][:, None]
    there = sites[one.frozen_sites][columns]
    steps = np.abs(here - there)
    steps = np.minimum(steps, np.array(shape) - steps)
    distances = np.sqrt((steps**2).sum(-1))
    if len(shape) == 2 and radius == 1:
        np.testing.assert_allclose(distances, 2 ** (level / 2))


def test_parts_come_apart_and_together_again():
    one = mask((4, 8), 2)
    field = jax.random.normal(jax.random.key(0), (4, 8))
    active, frozen = one.split(field)
    np.testing.assert_array_equal(one.join(active, frozen, one.passive(field)), field)
    assert active[0].shape == frozen[0].shape == (4,) and one.passive(field)[0].shape == (24,)


@pytest.mark.parametrize(
    "settings, shape, message",
    [
        (AffineCouplingSettings(level=2), (4, 6), "multiples of 4"),
        (AffineCouplingSettings(level=1), (6,), "multiples of 4"),
        (SiteSplineSettings(level=1), (3, 4), "multiples of 2"),
        (PowerSpectrumSettings(level=1), (4, 4), "levels 0, 2, 4"),
        (PowerSpectrumSettings(level=4), (8, 6), "multiples of 4"),
        (EvenPowerSpectrumSettings(level=2), (4, 4), "levels 1, 3, 5"),
        (EvenPowerSpectrumSettings(), (5,), "multiples of 2"),
    ],
)
def test_levels_that_are_not_there_are_refused(settings, shape, message):
    with pytest.raises(ConfigError, match=message):
        settings.build(RealScalar(Lattice(shape)), jax.random.key(0))
