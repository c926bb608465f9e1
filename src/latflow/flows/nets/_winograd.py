"""Winograd's fast convolution for kernels of width three, in any dimension.

Along one axis, two neighbouring outputs of a kernel of three taps take four products instead of
six: F(2, 3) of Lavin and Gray (arXiv:1509.09308), whose matrices B, G and A stand below. In D
dimensions a cell of 2^D sites takes 4^D products instead of 6^D. Fields are ordered by the
position of a site in its cell of two sites per axis: the transforms are then sums of whole
blocks, the only neighbours needed are those of cells, and the products for one of the 4^D
points are one matrix product over (cells x batch).

Rounding errors are those of a few additions more: the matrices hold 0, 1, -1 and 1/2 only.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.flows.nets._bilinear import convolution_primitive
from latflow.flows.nets._cells import Cells

# Taps (-1, 0, 1) to the four points.
_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])


def cell_convolution(
    weights: Float[Array, "taps n_out n_in"], channels: Float[Array, "n_in sites"], cells: Cells
) -> Float[Array, "n_out sites"]:
    """result[o, x] = sum over displacements d and inputs i of weights[d, o, i] channels[i, x + d].

    Args:
        weights: a matrix for each displacement of a window of 3^D, in row-major order.
        channels: values on all sites in the order of ``cells``.
        cells: the lattice.
    """
    return _bind(weights, channels, cells)


def _convolve(weights, channels, cells):
    points = _weights_to_points(weights, len(cells.shape))
    product = jax.lax.batch_matmul(points, _inputs_to_points(channels, cells))
    return _points_to_outputs(product, len(cells.shape)).reshape(-1, *channels.shape[1:])


def _correlate(outputs, channels, cells):
    """The weight gradient: both sides at the points, and one product for each of them."""
    left = _outputs_to_points(outputs, len(cells.shape))
    right = _inputs_to_points(channels, cells)
    product = jax.lax.dot_general(left, right, (((2,), (2,)), ((0,), (0,))))
    return _points_to_weights(product, len(cells.shape))


def _transposed(weights, cells):
    # Row-major order puts -d as far from the end as d from the beginning.
    return weights[::-1].transpose(0, 2, 1), cells


def _weights_to_points(weights, ndim):
    """G along every axis: a matrix for each point."""
    result = weights.reshape(*[3] * ndim, *weights.shape[1:])
    for _ in range(ndim):
        # The first axis is transformed and goes behind the other ones, until all had their turn.
        result = jnp.moveaxis(jnp.tensordot(_G.astype(weights.dtype), result, 1), 0, ndim - 1)
    return result.reshape(4**ndim, *weights.shape[1:])


def _points_to_weights(points, ndim):
    """G^T along every axis: a matrix for each tap."""
    result = points.reshape(*[4] * ndim, *points.shape[1:])
    for _ in range(ndim):
        result = jnp.moveaxis(jnp.tensordot(_G.T.astype(points.dtype), result, 1), 0, ndim - 1)
    return result.reshape(3**ndim, *points.shape[1:])


def _inputs_to_points(channels, cells):
    """B^T along every axis: shape (points, channels, cells x batch)."""
    n, ndim = len(channels), len(cells.shape)
    result = channels.reshape(n, 2**ndim, -1)
    size = result.shape[-1]
    result = jnp.moveaxis(result, 0, 1)
    for axis, extent in enumerate(cells.extents):
        # Without the barrier XLA computes an axis again for every point of the next one.
        result = jax.lax.optimization_barrier(result)
        before = math.prod(cells.extents[:axis])
        result = result.reshape(4**axis, 2, -1, n * before, extent, size // (before * extent))
        even, odd = result[:, 0], result[:, 1]
        behind = jnp.concatenate([odd[..., -1:, :], odd[..., :-1, :]], -2)
        ahead = jnp.concatenate([even[..., 1:, :], even[..., :1, :]], -2)
        result = jnp.stack([behind - odd, even + odd, odd - even, even - ahead], 1)
    return jax.lax.optimization_barrier(result.reshape(4**ndim, n, size))


def _outputs_to_points(outputs, ndim):
    """A along every axis: the transpose of :func:`_points_to_outputs`."""
    n = len(outputs)
    result = jax.lax.optimization_barrier(outputs).reshape(n, 2**ndim, -1)
    size = result.shape[-1]
    result = jnp.moveaxis(result, 0, 1)
    for axis in range(ndim):
        result = result.reshape(4**axis, 2, -1, n, size)
        even, odd = result[:, 0], result[:, 1]
        result = jnp.stack([even, even + odd, even - odd, -odd], 1)
    return jax.lax.optimization_barrier(result.reshape(4**ndim, n, size))


def _points_to_outputs(points, ndim):
    """A^T along every axis: shape (channels, parities, cells x batch)."""
    _, n, size = points.shape
    result = jax.lax.optimization_barrier(points)
    for axis in range(ndim):
        result = result.reshape(2**axis, 4, -1, n, size)
        first, second, third, fourth = (result[:, k] for k in range(4))
        result = jnp.stack([first + second + third, second - third - fourth], 1)
    return jax.lax.optimization_barrier(jnp.moveaxis(result.reshape(2**ndim, n, size), 0, 1))


_bind = convolution_primitive("latflow_cell", _convolve, _correlate, _transposed)
