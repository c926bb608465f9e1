"""The density of one U(1) link, given all others."""

import math
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields.links import wrapped
from latflow.theories._theory import Coupling
from latflow.theories.gauge._von_mises import von_mises_update
from latflow.trigonometry import cosine, sine

Angles = Float[Array, "..."]


class PolarStaples(NamedTuple):
    """The sum of staples A = modulus e^(i angle): the action of a link is -beta Re(e^(i theta) A).

    The modulus may be negative.
    """

    modulus: Float[Array, "..."]
    angle: Float[Array, "..."]


def polar_sum(angles: list[Angles]) -> PolarStaples:
    """The sum of e^(i angle) over a list of angles."""
    if len(angles) == 2:
        # e^(ia) + e^(ib) = 2 cos((a - b) / 2) e^(i (a + b) / 2): no arctangent in two dimensions.
        first, second = angles
        return PolarStaples(2 * cosine(0.5 * (first - second)), 0.5 * (first + second))
    cosines, sines = [cosine(angle) for angle in angles], [sine(angle) for angle in angles]
    real, imaginary = sum(cosines[1:], cosines[0]), sum(sines[1:], sines[0])
    return PolarStaples(jnp.hypot(real, imaginary), jnp.arctan2(imaginary, real))


def weighted_polar_sum(angles: list[Angles], weights: list[Angles]) -> PolarStaples:
    """The sum of w e^(i angle) over a list of angles with weights."""
    pairs = list(zip(angles, weights, strict=True))
    real = sum(weight * cosine(angle) for angle, weight in pairs)
    imaginary = sum(weight * sine(angle) for angle, weight in pairs)
    return PolarStaples(jnp.hypot(real, imaginary), jnp.arctan2(imaginary, real))


class U1Link(eqx.Module):
    """The density of one angle, e^(beta Re(e^(i theta) A)): von Mises around -arg A."""

    beta: Coupling

    def draw(self, key: Key[Array, ""], staples: PolarStaples, old: Angles) -> Angles:
        """A heat bath: :func:`von_mises_update` with kappa = |beta A|."""
        strength = self.beta.astype(old.dtype) * staples.modulus
        centre = jnp.where(strength < 0, math.pi, 0.0).astype(old.dtype) - staples.angle
        kappa = jnp.abs(strength)
        return wrapped(centre + von_mises_update(key, kappa, wrapped(old - centre)))

    def reflect(self, staples: PolarStaples, old: Angles) -> Angles:
        """Over-relaxation: theta -> -2 arg A - theta, which leaves cos(theta + arg A) alone.

        A reflection of the circle: its own inverse, and it preserves the measure. The sign of the
        modulus does not matter.
        """
        return wrapped(-2 * staples.angle - old)
