"""Trigonometric series of a number, many at once, with exact derivatives of any order."""


import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.trigonometry import cosine, sine

Angles = Float[Array, "*sites batch"]
Coefficients = Float[Array, "harmonics channels"]
Series = Float[Array, "*sites channels batch"]


@jax.custom_jvp
def sine_series(coefficients: Coefficients, angle: Angles) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] sin(f angle), for every channel.

    Clenshaw's recurrence: two multiplications for every harmonic, and no sine but the first.
    """
    cos = cosine(angle)[..., None, :]
    return sine(angle)[..., None, :] * _second_kind(coefficients, cos)


@jax.custom_jvp
def cosine_series(coefficients: Coefficients, angle: Angles) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] cos(f angle), for every channel."""
    cos = cosine(angle)[..., None, :]
    # cos(f a) = cos(a) U_{f-1}(cos a) - U_{f-2}(cos a)
    first = cos * _second_kind(coefficients, cos)
    if coefficients.shape[0] == 1:
        return first
    return first - _second_kind(coefficients[1:], cos)


def _second_kind(coefficients: Coefficients, cos: Array) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] U_{f-1}(cos)."""
    twice = 2 * cos
    rows = [coefficients[f][:, None] for f in range(coefficients.shape[0])]
    later = jnp.zeros((), cos.dtype)
    now = rows[-1] + 0 * twice
    for row in rows[-2::-1]:
        now, later = row + (twice * now - later), now
    return now


def _each_harmonic(count: int, dtype) -> Coefficients:
    return jnp.asarray(np.eye(count), dtype)


def _tangent(primals, tangents, own, slope, sign):
    coefficients, angle = primals
    d_coefficients, d_angle = tangents
    order = jnp.arange(1, coefficients.shape[0] + 1, dtype=coefficients.dtype)[:, None]
    value = own(coefficients, angle)
    along = sign * slope(order * coefficients, angle) * d_angle[..., None, :]
    harmonics = own(_each_harmonic(coefficients.shape[0], angle.dtype), angle)
    across = jnp.einsum("fc,...fn->...cn", d_coefficients, harmonics)
    return value, along + across


sine_series.defjvp(lambda p, t: _tangent(p, t, sine_series, cosine_series, 1))
cosine_series.defjvp(lambda p, t: _tangent(p, t, cosine_series, sine_series, -1))
