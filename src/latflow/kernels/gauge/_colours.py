"""Sublattices whose variables are independent of each other, given all others."""

import itertools
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, PyTree

from latflow.batching import batch_last
from latflow.lattice import Lattice

Colour = tuple[tuple[int, int, int], ...]
"""Start, limit and stride along every axis of the lattice."""


def colours(lattice: Lattice, axes: tuple[int, ...]) -> list[Colour]:
    """Sublattices that together are the lattice, without neighbours along any of the axes.

    Along an axis of even extent every second site is taken; an odd extent leaves its last site
    over, which is a sublattice of its own.

    Args:
        lattice: extents of at least 2 along the axes.
        axes: along which neighbours act on each other.
    """
    choices = []
    for axis, extent in enumerate(lattice.shape):
        if axis not in axes:
            choices.append([(0, extent, 1)])
        elif extent % 2 == 0:
            choices.append([(0, extent, 2), (1, extent, 2)])
        else:
            choices.append([(0, extent - 1, 2), (1, extent, 2), (extent - 1, extent, 1)])
    return list(itertools.product(*choices))


def has_parities(lattice: Lattice, axes: tuple[int, ...]) -> bool:
    """Whether sites with an even, and those with an odd sum of coordinates along the axes have
    no neighbours among themselves."""
    return all(lattice.shape[axis] % 2 == 0 for axis in axes)


def put_on_parity(
    values: PyTree[Array],
    new: PyTree[Array],
    odd: Bool[Array, ""],
    lattice: Lattice,
    axes: tuple[int, ...],
) -> PyTree[Array]:
    """The values with new ones on the sites with an odd, or even, sum of those coordinates."""

    def replaced(leaf, part):
        components = leaf.ndim - lattice.ndim
        return _parity_p.bind(
            leaf, part, odd, shape=lattice.shape, along=axes, components=components
        )

    return jax.tree.map(replaced, values, new)


def take(values: PyTree[Array], colour: Colour) -> PyTree[Array]:
    """The values on a sublattice; the last axes of every array are those of the lattice."""

    def part(leaf):
        inner = [(0, extent, 1) for extent in leaf.shape[: leaf.ndim - len(colour)]]
        starts, limits, strides = zip(*inner, *colour, strict=True)
        return jax.lax.slice(leaf, starts, limits, strides)

    return jax.tree.map(part, values)


def put(values: PyTree[Array], colour: Colour, new: PyTree[Array]) -> PyTree[Array]:
    """The values with new ones on a sublattice."""

    def replaced(leaf, part):
        components = leaf.ndim - len(colour)
        return _put_p.bind(leaf, part, colour=colour, components=components)

    return jax.tree.map(replaced, values, new)


def _put(values, new, *, colour, components):
    """For a lattice on the axes that follow those of the components; a batch follows."""
    further = values.ndim - components - len(colour)
    padding, on_sites = [(0, 0, 0)] * components, []
    for (start, limit, stride), extent in zip(colour, values.shape[components:], strict=False):
        last = start + stride * ((limit - start - 1) // stride)
        padding.append((start, extent - 1 - last, stride - 1))
        on_sites.append(np.isin(np.arange(extent), np.arange(start, limit, stride)))
    spread = jax.lax.pad(new, jnp.zeros((), new.dtype), padding + [(0, 0, 0)] * further)
    mask = reduce(np.logical_and, np.meshgrid(*on_sites, indexing="ij", sparse=True))
    return jnp.where(jnp.expand_dims(mask, tuple(range(-further, 0))), spread, values)


_put_p = batch_last("latflow_put_on_sublattice", _put)


def _on_parity(values, new, odd, *, shape, along, components):
    """For a lattice on the axes that follow those of the components; a batch follows."""
    coordinates = np.indices(shape)[list(along)].sum(axis=0) % 2 == 1
    further = values.ndim - components - len(shape)
    mask = jnp.expand_dims(coordinates, tuple(range(-further, 0)))
    return jnp.where(mask == odd, new, values)


_parity_p = batch_last("latflow_put_on_parity", _on_parity)
