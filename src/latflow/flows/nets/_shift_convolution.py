"""Convolutions over shifts of a grid, one axis before and the others after the channels are mixed.

A window of n x m displacements is n shifts of the inputs, one matrix product with m blocks of
outputs, and m shifts of those: n + m blocks of memory move where there were n m. The gradient of
the weights is a product of the shifted outputs with the same shifted inputs.
"""

import jax.numpy as jnp

from latflow.flows._periodic_shifts import PeriodicShifts
from latflow.flows._permute import take_sites
from latflow.flows.nets._bilinear import convolution_primitive


def _flat(values, n_first: int):
    return values.reshape(n_first, -1)


def _stacked(values, shifts: PeriodicShifts):
    """All shifted copies, shape (shifts * channels, sites * batch)."""
    copies = [shifts.shifted(values, column) for column in range(len(shifts))]
    return _flat(jnp.stack(copies), len(shifts) * values.shape[0])


def _convolve(weights, channels, shifts):
    _, n_out, n_in = weights.shape
    before, after = shifts.before, shifts.after
    matrix = shifts.by_column(weights).transpose(1, 2, 0, 3)
    matrix = matrix.reshape(len(after) * n_out, len(before) * n_in)
    mixed = matrix @ _stacked(channels, before)
    mixed = mixed.reshape(len(after), n_out, *channels.shape[1:])
    # Gathers, which are one loop with the sum: as fast as moved blocks here, and compiled sooner.
    moved = [take_sites(mixed[k], column) for k, column in enumerate(after.columns.T)]
    return sum(moved[1:], moved[0])


def _correlate(outputs, channels, shifts):
    """[k, o, i] = sum over x of outputs[o, x] channels[i, x + step k]."""
    n_out, n_in = outputs.shape[0], channels.shape[0]
    before, after = shifts.before, shifts.after
    # The same copies as in the gradient of the channels, and as forward.
    left, right = _stacked(outputs, after.inverse), _stacked(channels, before)
    product = left @ right.T if left.shape[0] >= right.shape[0] else (right @ left.T).T
    blocks = product.reshape(len(after), n_out, len(before), n_in)
    return shifts.of_pairs(blocks.transpose(2, 0, 1, 3))


def _transposed(weights, shifts):
    return weights.transpose(0, 2, 1), shifts.inverse


shift_convolution = convolution_primitive("latflow_shift", _convolve, _correlate, _transposed)
"""As :func:`~latflow.flows.nets._site_convolution.site_convolution`, over shifts of a grid."""
