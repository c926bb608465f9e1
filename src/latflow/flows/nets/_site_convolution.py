"""Convolutions over tables of neighbours, with fast gradients on a CPU.

XLA's own weight gradient of a convolution is several times slower on a CPU than a matrix product
of the same size. Here a convolution, its transpose and its weight gradient are each one matrix
product over (channels x displacements) by (sites x batch), with the batch innermost. The patches
are built again in the backward pass instead of being kept.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.flows._periodic_shifts import PeriodicShifts
from latflow.flows._permute import PermutationTable, take_sites
from latflow.flows.nets._bilinear import convolution_primitive
from latflow.flows.nets._shift_convolution import shift_convolution


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
    if isinstance(table, PeriodicShifts):
        return shift_convolution(weights, channels, table)
    return _bind(weights, channels, table)


def _flat(values, n_first: int):
    return values.reshape(n_first, -1)


def _patches(channels, table):
    """All displaced copies, shape (taps * channels, sites * batch)."""
    # Without the barrier XLA computes what made the channels again for every displacement.
    channels = jax.lax.optimization_barrier(channels)
    parts = [_flat(take_sites(channels, column), channels.shape[0]) for column in table.columns.T]
    return jnp.concatenate(parts)


def _convolve(weights, channels, table):
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


def _correlate(outputs, channels, table):
    """The weight gradient: [k, o, i] = sum over x of outputs[o, x] channels[i, table[x, k]]."""
    taps, n_out, n_in = len(table), outputs.shape[0], channels.shape[0]
    if n_in < n_out:
        product = _flat(outputs, n_out) @ _patches(channels, table).T
        return product.reshape(n_out, taps, n_in).transpose(1, 0, 2)
    # The same patches as in the gradient of the channels: XLA builds them once for both.
    product = _patches(outputs, table.inverse) @ _flat(channels, n_in).T
    return product.reshape(taps, n_out, n_in)


def _transposed(weights, table):
    return weights.transpose(0, 2, 1), table.inverse


_bind = convolution_primitive("latflow_site", _convolve, _correlate, _transposed)
