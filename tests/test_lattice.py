"""Geometry of the lattice against loops over its sites."""

import itertools

import jax
import numpy as np
import pytest

from latflow.lattice import Lattice

SHAPES = [(1,), (5,), (4, 3), (2, 2), (2, 3, 4), (2, 1, 3, 2)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


@shapes
def test_parity_is_that_of_the_sum_of_coordinates(shape):
    lattice = Lattice(shape)
    for site in np.ndindex(shape):
        assert lattice.parity[site] == (sum(site) % 2 == 1)


@shapes
def test_shift_and_displaced_sites_follow_the_neighbours(shape):
    lattice = Lattice(shape)
    field = np.arange(float(lattice.volume)).reshape(shape)
    moves = list(itertools.product(range(lattice.ndim), (1, -1, 2)))
    results = jax.jit(lambda f: [lattice.shift(f, axis, steps) for axis, steps in moves])(field)
    for (axis, steps), shifted in zip(moves, np.asarray(results), strict=True):
        displacement = tuple(steps if a == axis else 0 for a in range(lattice.ndim))
        sites = lattice.displaced_sites(displacement)
        for index, site in enumerate(np.ndindex(shape)):
            target = list(site)
            target[axis] = (target[axis] + steps) % shape[axis]
            assert shifted[site] == field[tuple(target)]
            assert sites[index] == field[tuple(target)]


def test_displacement_along_a_diagonal():
    sites = Lattice((2, 3)).displaced_sites((1, -1))
    assert sites.tolist() == [5, 3, 4, 2, 0, 1]


@shapes
def test_volume_and_dimension(shape):
    lattice = Lattice(shape)
    assert lattice.volume == len(list(np.ndindex(shape)))
    assert lattice.ndim == len(shape)


@pytest.mark.parametrize("shape", [(2,), (4, 2), (4, 3), (5,), (2, 3, 4), (2, 2, 2, 2)], ids=str)
def test_bipartite_means_that_neighbours_have_the_other_parity(shape):
    lattice = Lattice(shape)
    parity = lattice.parity
    opposite = all((np.roll(parity, -1, axis) != parity).all() for axis in range(len(shape)))
    assert lattice.is_bipartite == opposite


def test_time_axes_are_the_longest_ones():
    assert Lattice((4, 6)).time_axes == (1,)
    assert Lattice((6, 4, 6)).time_axes == (0, 2)
    assert Lattice((5,)).time_axes == (0,)


@shapes
@pytest.mark.parametrize("real", [True, False])
def test_khat2_is_the_spectrum_of_the_lattice_laplacian(shape, real):
    """A plane wave of each momentum is an eigenvector of minus the Laplacian."""
    lattice = Lattice(shape)
    khat2 = lattice.khat2(real)
    full = np.broadcast_shapes(khat2.shape, (1,) * lattice.ndim)
    assert full == (*shape[:-1], shape[-1] // 2 + 1 if real else shape[-1])
    momenta = [np.broadcast_to(k, full) for k in lattice.momenta(real)]
    for mode in np.ndindex(full):
        phase = sum(k[mode] * x for k, x in zip(momenta, np.indices(shape), strict=True))
        wave = np.exp(1j * phase)
        laplacian = sum(
            2 * wave - np.roll(wave, 1, axis) - np.roll(wave, -1, axis)
            for axis in range(lattice.ndim)
        )
        np.testing.assert_allclose(laplacian, khat2[mode] * wave, atol=1e-12)
        # The layout is that of NumPy's transform: the wave excites this mode alone.
        transform = np.fft.fftn(wave)
        assert abs(transform[mode]) == pytest.approx(lattice.volume)


@shapes
def test_multiplicity_counts_every_momentum_once(shape):
    lattice = Lattice(shape)
    multiplicity = lattice.fourier_multiplicity()
    assert multiplicity.sum() == lattice.volume
    for function in (np.cos, lambda khat2: khat2**2):
        half = (multiplicity * function(lattice.khat2())).sum()
        np.testing.assert_allclose(half, function(lattice.khat2(real=False)).sum(), atol=1e-12)
    field = np.random.default_rng(5).normal(size=shape)
    parseval = (multiplicity * np.abs(np.fft.rfftn(field)) ** 2).sum() / lattice.volume
    np.testing.assert_allclose(parseval, (field**2).sum())


@pytest.mark.parametrize("shape", [(), (0,), (4, -2)], ids=str)
def test_extents_must_be_positive(shape):
    with pytest.raises(ValueError, match="positive integers"):
        Lattice(shape)
