"""Trigonometric series of a number, many at once, with exact derivatives of any order."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.batching import apart
from latflow.trigonometry import cosine, sine

Angles = Float[Array, "*sites batch"]
Coefficients = Float[Array, "harmonics channels"]
Series = Float[Array, "*sites channels batch"]


class Waves(NamedTuple):
    """An angle with its sine and cosine, computed once for all series of it.

    Derivatives follow the angle alone.
    """

    angle: Angles
    sin: Angles
    cos: Angles


def waves(angle: Angles) -> Waves:
    """Sine and cosine of an angle, stored: XLA would compute them again for every channel."""
    fixed = jax.lax.stop_gradient(angle)
    return Waves(angle, *apart(lambda angle: (sine(angle), cosine(angle)), fixed))


@jax.custom_jvp
def sine_series(coefficients: Coefficients, of: Waves) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] sin(f angle), for every channel.

    Clenshaw's recurrence: two multiplications for every harmonic, and no sine but the first.
    """
    return of.sin[..., None, :] * _second_kind(coefficients, of.cos)


@jax.custom_jvp
def cosine_series(coefficients: Coefficients, of: Waves) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] cos(f angle), for every channel."""
    # cos(f a) = cos(a) U_{f-1}(cos a) - U_{f-2}(cos a)
    first = of.cos[..., None, :] * _second_kind(coefficients, of.cos)
    if coefficients.shape[0] == 1:
        return first
    return first - _second_kind(coefficients[1:], of.cos)


def _second_kind(coefficients: Coefficients, cos: Angles) -> Series:
    """sum over f = 1, 2, ... of coefficients[f - 1] U_{f-1}(cos)."""
    twice = 2 * cos[..., None, :]
    rows = [coefficients[f][:, None] for f in range(coefficients.shape[0])]
    later = jnp.zeros((), cos.dtype)
    now = rows[-1] + 0 * twice
    for row in rows[-2::-1]:
        now, later = row + (twice * now - later), now
    return now


def _tangent(primals, tangents, own, slope, sign):
    coefficients, of = primals
    count = coefficients.shape[0]
    order = jnp.arange(1, count + 1, dtype=coefficients.dtype)[:, None]
    along = sign * slope(order * coefficients, of) * tangents[1].angle[..., None, :]
    harmonics = own(jnp.asarray(np.eye(count), of.cos.dtype), of)
    across = jnp.einsum("fc,...fn->...cn", tangents[0], harmonics)
    return own(coefficients, of), along + across


sine_series.defjvp(lambda p, t: _tangent(p, t, sine_series, cosine_series, 1))
cosine_series.defjvp(lambda p, t: _tangent(p, t, cosine_series, sine_series, -1))
