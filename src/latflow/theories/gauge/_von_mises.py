"""Exact draws from the von Mises density e^(kappa cos theta), many at once, at a fixed cost.

**The envelope.** Proposals are logistic: v uniform in (-s, s), theta = (2 / a) artanh v, which has
the density sech^2(a theta / 2) = 1 - v^2 up to a constant. With D(theta) = kappa (1 - cos theta) -
2 ln cosh(a theta / 2) >= 0 on the circle, e^(-D) is a probability, and proposals accepted with it
have the density e^(kappa cos theta). D(0) = 0; D starts to rise if a^2 <= 2 kappa; D(pi) >= 0 if
cosh(pi a / 2) <= e^kappa. The largest a allowed by both is used,

    a = min( sqrt(2 kappa), (2 / pi) arcosh e^kappa ),
    s = tanh(arcosh e^kappa) = sqrt(1 - e^(-2 kappa)),

so that |theta| reaches pi at least; what lies beyond is rejected. In between D first rises, then
falls, as sin(theta) / tanh(a theta / 2) crosses a^2 / 2 kappa once. At least 82 % are accepted:
100 % for kappa = 0, 89 % for large kappa.

The idea of such envelopes is that of Hattori and Nakajima (hep-lat/9210016); this one needs three
logarithms and a sine.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from latflow import fast_random as random
from latflow.trigonometry import sine

Numbers = Float[Array, "..."]


def von_mises(key: Key[Array, ""], kappa: Numbers) -> Numbers:
    """Independent angles in [-pi, pi] with densities proportional to e^(kappa cos theta).

    Proposals are made until all are accepted.

    Args:
        kappa: >= 0, any shape; the angles have its precision.
    """

    def turn(state):
        key, angle, done = state
        key, use = random.split(key, 2)
        proposed, accepted = von_mises_proposal(use, kappa)
        return key, jnp.where(done, angle, proposed), done | accepted

    start = key, jnp.zeros_like(kappa), jnp.zeros(kappa.shape, bool)
    return jax.lax.while_loop(lambda state: ~jnp.all(state[2]), turn, start)[1]


def von_mises_update(
    key: Key[Array, ""], kappa: Numbers, old: Numbers, proposals: int = 2
) -> Numbers:
    """An update that leaves e^(kappa cos theta) invariant: nearly always an independent draw.

    Up to so many proposals are made; if none is accepted the old angle stays. Whether that
    happens depends on kappa alone and not on the old angle: the update is a mixture, with fixed
    weights, of an exact draw and of doing nothing, and both leave the density invariant. So
    every lane does the same work; with two proposals fewer than 3.2 % of the angles stay.

    Args:
        kappa: >= 0, any shape.
        old: angles of the same shape and precision.
        proposals: at least one.
    """
    angle = old
    for use in random.split(key, proposals):
        proposed, accepted = von_mises_proposal(use, kappa)
        # The last accepted one: any that is chosen without looking at its value will do.
        angle = jnp.where(accepted, proposed, angle)
    return angle


def von_mises_proposal(key: Key[Array, ""], kappa: Numbers) -> tuple[Numbers, Bool[Array, "..."]]:
    """Proposed angles, and which of them are accepted."""
    dtype = kappa.dtype
    uniform, threshold = random.uniform_and_exponential(key, kappa.shape, dtype)
    # For kappa = 0 the envelope would be 0 / 0: that of a small one serves, with 2 (wide - kappa)
    # added to D, which is then not negative.
    wide = jnp.maximum(kappa, math.sqrt(float(jnp.finfo(dtype).eps)))
    root = jnp.sqrt(-jnp.expm1(-2 * wide))
    a = jnp.minimum(jnp.sqrt(2 * wide), (2 / math.pi) * (wide + jnp.log1p(root)))
    v = root * (2 * uniform - 1)
    plus, minus = jnp.log1p(v), jnp.log1p(-v)
    angle = (plus - minus) / a
    half = sine(0.5 * angle)
    exponent = 2 * kappa * half * half + plus + minus + 2 * (wide - kappa)
    # Infinite angles, from v = 1 by rounding, compare as false.
    return angle, (threshold > exponent) & (jnp.abs(angle) <= math.pi)
