"""Sums over neighbours, in the form that XLA compiles to fast loops on a CPU."""

import math

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float, Shaped

from latflow.batching import batch_last
from latflow.lattice import Lattice

_SHORT_BATCH = 8


def neighbour_sum(lattice: Lattice, field: Float[Array, "..."]) -> Float[Array, "..."]:
    """The sum of each site's 2D neighbours, for every component of the field.

    The lattice's axes are the last ones of the field. The same as a sum of ``lattice.shift``,
    several times as fast where it is the hot spot: a roll inside a fused loop is a choice at
    every site, while slices of a field that is stored once with a halo are plain loads. A batch
    stays last.
    """
    return _neighbour_sum_p.bind(field, ndim=lattice.ndim, leading=field.ndim - lattice.ndim)


def forward_sum(lattice: Lattice, field: Float[Array, "..."], dtype=None) -> Float[Array, "..."]:
    """The sum of each site's D neighbours ahead: it counts every link once. A batch stays last.

    Args:
        lattice: the lattice.
        field: of its shape, with the axes of components before it.
        dtype: that terms are converted to before they are added; the field's if not given.
    """
    leading = field.ndim - lattice.ndim
    moved = [
        _roll_p.bind(field, axis=leading + axis, step=1, ndim=field.ndim).astype(
            dtype or field.dtype
        )
        for axis in range(lattice.ndim)
    ]
    return sum(moved[1:], moved[0])


def rolled(values: Shaped[Array, "..."], axis: int, n: int = 1) -> Shaped[Array, "..."]:
    """The values seen ``n`` steps ahead along an axis of the array; a batch stays last.

    What is displaced may be anything with sites among its axes: one link, or a matrix of them.
    """
    if n % values.shape[axis] == 0:
        return values
    return _roll_p.bind(values, axis=axis, step=n, ndim=values.ndim)


def _neighbour_sum(field, *, ndim, leading):
    """For the lattice on the ``ndim`` axes of the field after the ``leading`` ones."""
    shape = field.shape
    axes = range(leading, leading + ndim)
    padded = field
    for axis in axes:
        # The corners of a halo are never used.
        corners = [(0, 0, 0)] * leading + [(1, 1, 0)] * (axis - leading)
        corners += [(0, 0, 0)] * (len(shape) - axis)
        last, first = (
            jax.lax.pad(_layer(field, axis, site), jnp.zeros((), field.dtype), corners)
            for site in (shape[axis] - 1, 0)
        )
        padded = _concatenate([last, padded, first], axis, axes.stop)
    # The barrier keeps XLA from making the halo again inside the loop that uses it.
    padded = jax.lax.optimization_barrier(padded)
    total = None
    for axis in axes:
        for start in (0, 2):
            starts = [start if other == axis else 1 for other in axes]
            starts = [0] * leading + starts + [0] * (len(shape) - axes.stop)
            limits = [a + extent for a, extent in zip(starts, shape, strict=True)]
            moved = jax.lax.slice(padded, starts, limits)
            total = moved if total is None else total + moved
    return total


def _roll(field, *, axis, step, ndim):
    """result(x) = field(x + step axis)."""
    extent, cut = field.shape[axis], step % field.shape[axis]
    ahead = jax.lax.slice_in_dim(field, cut, extent, axis=axis)
    return _concatenate([ahead, jax.lax.slice_in_dim(field, 0, cut, axis=axis)], axis, ndim)


def _layer(field, axis, site):
    return jax.lax.slice_in_dim(field, site, site + 1, axis=axis)


def _concatenate(parts, axis, ndim):
    """Concatenation along an axis, with all further ones merged into it for a long batch.

    LLVM unrolls a copy of a few dozen numbers, and does not vectorise it any more; merged ones
    are copied as blocks of memory. Shorter ones are better copied where they are used.
    """
    further = parts[0].shape[axis + 1 :]
    if math.prod(parts[0].shape[ndim:]) <= _SHORT_BATCH:
        return jnp.concatenate(parts, axis)
    before, width = parts[0].shape[:axis], math.prod(further)
    flat = [part.reshape(*before, part.shape[axis] * width) for part in parts]
    joined = jnp.concatenate(flat, axis)
    return joined.reshape(*before, joined.shape[axis] // width, *further)


_neighbour_sum_p = batch_last("latflow_neighbour_sum", _neighbour_sum)
# It is its own transpose.
ad.deflinear2(
    _neighbour_sum_p,
    lambda gradient, _, **parameters: [_neighbour_sum_p.bind(gradient, **parameters)],
)
_roll_p = batch_last("latflow_roll", _roll)
ad.deflinear2(
    _roll_p,
    lambda gradient, _, *, axis, step, ndim: [
        _roll_p.bind(gradient, axis=axis, step=-step, ndim=ndim)
    ],
)
