"""Convolutions over tables of neighbours, as JAX primitives with fast gradients on a CPU.

XLA's own weight gradient of a convolution is several times slower on a CPU than a matrix product
of the same size. Here a convolution, its transpose and its weight gradient are each one matrix
product over (channels x displacements) by (sites x batch), with the batch innermost. The
primitives are closed under differentiation, and the patches are built again in the backward pass
instead of being kept.
"""

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float

from latflow.flows._permute import PermutationTable, batch_last, take_sites


def site_convolution(
    weights: Float[Array, "taps n_out n_in"],
    channels: Float[Array, "n_in sites"],
    table: PermutationTable,
) -> Float[Array, "n_out sites"]:
    """result[o, x] = sum over taps k and inputs i of weights[k, o, i] channels[i, table[x, k]].

    Args:
        weights: one matrix per displacement.
        channels: input channels on every site.
        table: the site at each displacement (columns) from every site (rows).
    """
    return _convolve_p.bind(weights, channels, table=table)


def _flat(values, n_first: int):
    return values.reshape(n_first, -1)


def _patches(channels, table):
    """All displaced copies, shape (taps * channels, sites * batch)."""
    # Without the barrier XLA computes what made the channels again for every displacement.
    channels = jax.lax.optimization_barrier(channels)
    parts = [_flat(take_sites(channels, column), channels.shape[0]) for column in table.columns.T]
    return jnp.concatenate(parts)


def _convolve(weights, channels, *, table):
    taps, n_out, n_in = weights.shape
    rest = channels.shape[1:]
    if n_in <= n_out:
        matrix = weights.transpose(1, 0, 2).reshape(n_out, taps * n_in)
        return (matrix @ _patches(channels, table)).reshape(n_out, *rest)
    # With fewer outputs than inputs it is cheaper to mix the channels first and move the result.
    mixed = weights.reshape(taps * n_out, n_in) @ _flat(channels, n_in)
    mixed = mixed.reshape(taps, n_out, *rest)
    moved = [take_sites(mixed[k], column) for k, column in enumerate(table.columns.T)]
    return jax.lax.optimization_barrier(sum(moved[1:], moved[0]))


def _correlate(outputs, channels, *, table):
    """The weight gradient: [k, o, i] = sum over x of outputs[o, x] channels[i, table[x, k]]."""
    taps, n_out, n_in = len(table), outputs.shape[0], channels.shape[0]
    if n_in <= n_out:
        product = _flat(outputs, n_out) @ _patches(channels, table).T
        return product.reshape(n_out, taps, n_in).transpose(1, 0, 2)
    product = _patches(outputs, table.inverse) @ _flat(channels, n_in).T
    return product.reshape(taps, n_out, n_in)


def _convolve_shape(weights, channels, *, table):
    return ShapedArray((weights.shape[1], *channels.shape[1:]), channels.dtype)


def _correlate_shape(outputs, channels, *, table):
    return ShapedArray((len(table), outputs.shape[0], channels.shape[0]), channels.dtype)


def _convolve_batching(operands, batch_axes, *, table):
    (weights, channels), (weights_axis, channels_axis) = operands, batch_axes
    if weights_axis is None:
        result = _convolve_p.bind(weights, batch_last(channels, channels_axis), table=table)
        return result, result.ndim - 1
    return _one_by_one(_convolve, operands, batch_axes, table)


def _correlate_batching(operands, batch_axes, *, table):
    return _one_by_one(_correlate, operands, batch_axes, table)


def _one_by_one(function, operands, batch_axes, table):
    """Weights that differ from one configuration to the next: plain batched products."""
    axes = [None if axis is None else axis for axis in batch_axes]
    return jax.vmap(lambda *values: function(*values, table=table), in_axes=axes)(*operands), 0


def _convolve_transpose_channels(gradient, weights, channels, *, table):
    return _convolve_p.bind(weights.transpose(0, 2, 1), gradient, table=table.inverse)


def _convolve_transpose_weights(gradient, weights, channels, *, table):
    return _correlate_p.bind(gradient, channels, table=table)


def _correlate_transpose_outputs(gradient, outputs, channels, *, table):
    return _convolve_p.bind(gradient, channels, table=table)


def _correlate_transpose_channels(gradient, outputs, channels, *, table):
    return _convolve_p.bind(gradient.transpose(0, 2, 1), outputs, table=table.inverse)


_convolve_p = Primitive("latflow_site_convolution")
_convolve_p.def_impl(_convolve)
_convolve_p.def_abstract_eval(_convolve_shape)
mlir.register_lowering(_convolve_p, mlir.lower_fun(_convolve, multiple_results=False))
batching.primitive_batchers[_convolve_p] = _convolve_batching
ad.defbilinear(_convolve_p, _convolve_transpose_weights, _convolve_transpose_channels)

_correlate_p = Primitive("latflow_site_correlation")
_correlate_p.def_impl(_correlate)
_correlate_p.def_abstract_eval(_correlate_shape)
mlir.register_lowering(_correlate_p, mlir.lower_fun(_correlate, multiple_results=False))
batching.primitive_batchers[_correlate_p] = _correlate_batching
ad.defbilinear(_correlate_p, _correlate_transpose_outputs, _correlate_transpose_channels)
