"""The vector field of a continuous flow, its divergence, and how it moves gradients of densities.

Functions of many fields at once: sites come first, then channels if there are any, and the batch
last in memory.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.flows.continuous._kernel import momentum_basis
from latflow.flows.continuous._series import Waves, cosine_series, sine_series

Fields = Float[Array, "*sites batch"]


class Coefficients(NamedTuple):
    """The vector field at all times at which it is looked at, in the order of the method.

    Leading axes: none, or those of the times; for fixed steps (steps, different times in a step).

    Attributes:
        linear: eigenvalues of the kernel of the field itself, on the lattice of momenta.
        kernels: those of the kernels of the channels, (*momenta, channels).
        functions: coefficients of sin(f angle) in every channel, (harmonics, channels).
        slopes: coefficients of cos(f angle) in the divergence of one site, (harmonics, 1).
        expansion: the divergence's constant part, of one site.
    """

    linear: Float[Array, "*times_and_momenta"]
    kernels: Float[Array, "*times_and_momenta channels"]
    functions: Float[Array, "*times harmonics channels"]
    slopes: Float[Array, "*times harmonics 1"]
    expansion: Float[Array, "*times"]


def transform_axes(values: Float[Array, "*sites rest"], inverse: bool, ndim: int):
    """Products of the real Fourier modes of every axis; each is one matrix product."""
    for _ in range(ndim):
        modes = momentum_basis(values.shape[0])
        matrix = jnp.asarray(modes.T if inverse else modes, values.dtype)
        shape = values.shape
        values = (matrix @ values.reshape(shape[0], -1)).reshape(shape)
        # The axis goes behind the others: in blocks of memory, and the next one is in front.
        values = jnp.moveaxis(values, 0, ndim - 1)
    return values


def velocity(field: Fields, of: Waves, at: Coefficients) -> Fields:
    """d phi / dt: the field and odd functions of it, each folded with its own kernel."""
    ndim = field.ndim - 1
    channels = transform_axes(sine_series(at.functions, of), False, ndim)
    folded = jnp.sum(at.kernels[..., None] * channels, axis=-2)
    folded = folded + at.linear[..., None] * transform_axes(field, False, ndim)
    return transform_axes(folded, True, ndim)


def divergence(of: Waves, at: Coefficients) -> Fields:
    """d (d phi_x / dt) / d phi_x on every site, but for its constant part."""
    return cosine_series(at.slopes, of)[..., 0, :]


def score_velocity(score: Fields, of: Waves, frequency: Float[Array, ""], at: Coefficients):
    """d s / dt of the gradient s of the log density, at the moving field.

    Kernels are even: each is its own transpose.
    """
    ndim = score.ndim - 1
    order = jnp.arange(1, at.functions.shape[0] + 1, dtype=score.dtype)[:, None]
    modes = transform_axes(score, False, ndim)
    folded = transform_axes(at.kernels[..., None] * modes[..., None, :], True, ndim)
    slopes = cosine_series(order * at.functions, of)
    along = jnp.sum(slopes * folded, axis=-2) - sine_series(order * at.slopes, of)[..., 0, :]
    return -frequency * along - transform_axes(at.linear[..., None] * modes, True, ndim)
