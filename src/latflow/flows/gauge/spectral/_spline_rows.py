"""Rational-quadratic splines from [0, pi] to itself, whose parameters are one array.

They are those of :mod:`latflow.flows.gauge._half_turn`, for few arguments: where lists of rows make
many short loops, the rows are an axis here, and what belongs to an argument's bin is a sum over it.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.batching import stored
from latflow.flows._spline import SMALLEST_FRACTION
from latflow.flows.gauge._half_turn import evaluated, evaluated_inverse

Numbers = Float[Array, "..."]
Parameters = Float[Array, "_ ..."]


def spline(angles: Numbers, parameters: Parameters) -> tuple[Numbers, Numbers]:
    """The images of angles in [0, pi], and the logarithms of the slopes.

    Args:
        angles: of any shape.
        parameters: that broadcast against it: logarithms of the widths of all bins, of their
            heights, and of the slopes at all knots; zero for the identity.
    """
    return evaluated(_look_up, angles, parameters)


def spline_inverse(values: Numbers, parameters: Parameters) -> tuple[Numbers, Numbers]:
    """The inverse of :func:`spline`, and the logarithms of **its** slopes."""
    return evaluated_inverse(_look_up, values, parameters)


def _look_up(argument: Numbers, sought: Parameters, others: Parameters, slopes: Parameters):
    """Start and step of the argument's bin, the same on the other side, and logarithms of the
    slopes at its ends."""
    steps, other_steps = _steps(sought), _steps(others)
    starts, other_starts = _starts(steps), _starts(other_steps)
    beyond = jax.lax.stop_gradient(argument)[None] >= jax.lax.stop_gradient(starts[1:])
    ever = jnp.ones_like(beyond[:1])
    here = jnp.concatenate([ever, beyond]) & ~jnp.concatenate([beyond, ~ever])
    columns = starts, steps, other_starts, other_steps, slopes[:-1], slopes[1:]
    return stored([jnp.sum(jnp.where(here, column, 0), axis=0) for column in columns])


def _steps(logarithms: Parameters) -> Parameters:
    """Positive numbers whose sum is pi; none is smaller than 0.1 % of it."""
    bins = len(logarithms)
    free = jnp.exp(logarithms - jax.lax.stop_gradient(jnp.max(logarithms, axis=0)))
    shares = free / jnp.sum(free, axis=0)
    (steps,) = stored([np.pi * (SMALLEST_FRACTION + (1 - bins * SMALLEST_FRACTION) * shares)])
    return steps


def _starts(steps: Parameters) -> Parameters:
    below = np.tri(len(steps), k=-1, dtype=steps.dtype)
    return jnp.tensordot(below, steps, 1, precision="highest")
