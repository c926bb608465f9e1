"""The two halves of a checkerboard, and who is whose neighbour across them."""

import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import Checkerboard
from latflow.lattice import Lattice

SHAPES = [(6,), (2, 4), (4, 2, 2), (2, 2, 2, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("active_is_odd", [True, False])
def test_split_by_parity_and_join_again(shape, active_is_odd):
    board = Checkerboard(RealScalar(Lattice(shape)), active_is_odd)
    field = jnp.arange(float(board.lattice.volume)).reshape(shape)
    (active,), (frozen,) = board.split(field)
    odd = np.indices(shape).sum(axis=0) % 2 == 1
    values = np.asarray(field)
    expected = (values[odd], values[~odd]) if active_is_odd else (values[~odd], values[odd])
    np.testing.assert_array_equal(active, expected[0])
    np.testing.assert_array_equal(frozen, expected[1])
    np.testing.assert_array_equal(board.active_sites, expected[0])
    np.testing.assert_array_equal(board.frozen_sites, expected[1])
    np.testing.assert_array_equal(board.join((active,), (frozen,)), field)


@pytest.mark.parametrize(("shape", "radius"), [((6,), 2), ((4, 6), 1), ((2, 4), 2), ((4, 2, 2), 1)])
@pytest.mark.parametrize("of_frozen", [True, False])
def test_neighbourhood_holds_every_displacement_of_one_parity(shape, radius, of_frozen):
    board = Checkerboard(RealScalar(Lattice(shape)), active_is_odd=True)
    table = board.neighbourhood(radius, of_frozen)
    half = [tuple(site) for site in np.argwhere(np.indices(shape).sum(axis=0) % 2 == 1)]
    other = [tuple(site) for site in np.argwhere(np.indices(shape).sum(axis=0) % 2 == 0)]
    window = np.array(list(np.ndindex((2 * radius + 1,) * len(shape)))) - radius
    window = window[window.sum(axis=1) % 2 == of_frozen]
    assert table.columns.shape == (len(half), len(window))
    for row, site in enumerate(half):
        found = [(other if of_frozen else half)[index] for index in table.columns[row]]
        expected = [tuple((site + d) % shape) for d in window]
        assert found == expected


@pytest.mark.parametrize("shape", [(5,), (4, 3), (1, 2)], ids=str)
def test_odd_extents_are_refused(shape):
    with pytest.raises(ConfigError, match=r"theory.shape: a checkerboard needs even extents") as e:
        Checkerboard(RealScalar(Lattice(shape)), True)
    assert e.value.key == "theory.shape"
