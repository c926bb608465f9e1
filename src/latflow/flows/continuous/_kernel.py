"""Kernels on the offsets of a periodic lattice, the same on every orbit of its symmetry group."""

from functools import lru_cache
from itertools import product

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from latflow.lattice import Lattice


@lru_cache
def orbits(shape: tuple[int, ...]) -> Int[np.ndarray, "..."]:
    """The number of the orbit of every offset, an array of the lattice's shape.

    Two offsets are in one orbit if a reflection of axes or a permutation of axes of the same
    extent leads from the one to the other: D4 on a square, the hyperoctahedral group on a
    hypercube. Orbits of momenta are the same sets of integers.
    """
    found: dict[tuple, int] = {}
    result = np.zeros(shape, int)
    for offset in product(*(range(extent) for extent in shape)):
        folded = tuple(min(x, n - x) for x, n in zip(offset, shape, strict=True))
        # Axes of one extent may be permuted: sorted within each extent, the orbit has one name.
        named = [
            sorted(x for x, n in zip(folded, shape, strict=True) if n == extent) for extent in shape
        ]
        name = tuple(named[axis][shape[:axis].count(extent)] for axis, extent in enumerate(shape))
        result[offset] = found.setdefault(name, len(found))
    return result


@lru_cache
def momentum_basis(extent: int) -> Float[np.ndarray, "modes sites"]:
    """Real orthonormal Fourier modes of a ring: cosines for k = 0 ... L/2, then sines.

    Every kernel that is even in each axis is diagonal in products of them.
    """
    sites = np.arange(extent)
    rows = []
    for k in range(extent):
        wave = np.cos if k <= extent // 2 else np.sin
        row = wave(2 * np.pi * min(k, extent - k) * sites / extent)
        rows.append(row / np.sqrt((row**2).sum()))
    return np.array(rows)


@lru_cache
def cosines(extent: int) -> Float[np.ndarray, "sites sites"]:
    """cos(2 pi k x / L): takes an even kernel on a ring to its eigenvalues, and back times 1/L."""
    sites = np.arange(extent)
    return np.cos(2 * np.pi * np.outer(sites, sites) / extent)


@lru_cache
def embedding(extent: int, new_extent: int) -> Float[np.ndarray, "new old"]:
    """An even kernel on a ring, as one on another ring: zero beyond the old offsets.

    The offset L/2 of an even extent stands for both directions and is shared between them. On a
    smaller ring offsets are taken around it.
    """
    matrix = np.zeros((new_extent, extent))
    for x in range(extent):
        signed = [x if 2 * x < extent else x - extent]
        if 2 * x == extent:
            signed = [x, -x]
        for y in signed:
            matrix[y % new_extent, x] += 1 / len(signed)
    return matrix


def moved(
    kernel: Float[Array, "*batch orbits"], old: Lattice, new: Lattice
) -> Float[Array, "*batch new_orbits"]:
    """Eigenvalues of a kernel on one lattice, as those of the same kernel on another one.

    Args:
        kernel: one eigenvalue for every orbit of momenta of the old lattice.
        old: its lattice.
        new: another of the same dimension.
    """
    matrices = [
        cosines(n) @ embedding(m, n) @ cosines(m) / m
        for m, n in zip(old.shape, new.shape, strict=True)
    ]
    values = kernel[..., orbits(old.shape)]
    for matrix in matrices:
        # The axis in front goes to the end; after all of them the order is as it was.
        axis = values.ndim - old.ndim
        values = jnp.tensordot(values, jnp.asarray(matrix, kernel.dtype), ((axis,), (1,)))
    return orbit_means(values.reshape(*kernel.shape[:-1], -1), new)


def orbit_means(
    values: Float[Array, "*batch sites"], lattice: Lattice
) -> Float[Array, "*batch orbits"]:
    """Means over every orbit, of values on all sites in row-major order."""
    where = orbits(lattice.shape).reshape(-1)
    indicator = (where[:, None] == np.arange(where.max() + 1)).astype(float)
    return values @ jnp.asarray(indicator / indicator.sum(axis=0), values.dtype)
