"""Least squares for the variance of log w: steps of Gauss and Newton for models of few numbers.

Near log w(theta) the variance over configurations is that of log w + J delta, with the gradient J
of each configuration's log w: a linear problem, whose solution knows neither a learning rate nor
the units of the parameters. Every step adds its own problem to those before, each taken about the
parameters that it had, later ones with more weight: no draw is thrown away.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Key, PyTree

from latflow.errors import ConfigError

MOST_PARAMETERS = 2000
"""A square matrix of them is solved for in every step."""


class NormalEquations(eqx.Module):
    """What the steps so far have found: the best parameters solve ``matrix`` x = ``vector``."""

    matrix: Float[Array, "p p"]
    vector: Float[Array, " p"]

    @staticmethod
    def none(parameters: PyTree) -> "NormalEquations":
        """Before the first step.

        Raises:
            ConfigError: there are too many parameters.
        """
        count = ravel_pytree(parameters)[0].size
        if count > MOST_PARAMETERS:
            raise ConfigError(
                "training.objective",
                f'"log-weight-variance" solves for all parameters at once, at most '
                f'{MOST_PARAMETERS}: this model has {count}; use "path-gradient"',
            )
        return NormalEquations(
            jnp.zeros((count, count), jnp.float64), jnp.zeros((count,), jnp.float64)
        )


class Moments(eqx.Module):
    """Means over configurations: of log w and its gradient, and of their products."""

    log_weight: Float[Array, "..."]
    slope: Float[Array, "... p"]
    products: Float[Array, "... p p"]
    along: Float[Array, "... p"]

    @property
    def covariance(self) -> Float[Array, "p p"]:
        """Of the gradients."""
        return self.products - jnp.outer(self.slope, self.slope)

    @property
    def gradient(self) -> Float[Array, " p"]:
        """Covariance of gradients and log weights: half the gradient of the variance."""
        return self.along - self.slope * self.log_weight


def moments(
    log_weight: Callable[[Any, Key[Array, ""]], Float[Array, ""]],
    parameters: PyTree,
    keys: Key[Array, " batch"],
) -> tuple[Float[Array, " batch"], Moments]:
    """The log weights of some draws, and their moments.

    Args:
        log_weight: of a draw, given parameters and key.
        parameters: trainable numbers.
        keys: of the draws.
    """
    # One copy of the parameters for each draw: one reverse pass gives the gradients of all.
    copies = jax.tree.map(lambda x: jnp.broadcast_to(x, (keys.size, *x.shape)), parameters)

    def total(copies):
        found = jax.vmap(log_weight)(copies, keys)
        return jnp.sum(found), found

    slopes, found = jax.grad(total, has_aux=True)(copies)
    slope = jax.vmap(lambda one: ravel_pytree(one)[0])(slopes).astype(jnp.float64)
    count = keys.size
    return found, Moments(
        jnp.mean(found), jnp.mean(slope, 0), slope.T @ slope / count, slope.T @ found / count
    )


def solved(
    before: NormalEquations,
    found: Moments,
    here: Float[Array, " p"],
    step: Int[Array, ""],
    batch: int,
) -> tuple[NormalEquations, Float[Array, " p"]]:
    """The equations with those of one more step, and how the parameters change.

    Directions that a batch cannot tell from its noise are damped: one part in ``batch`` of each
    parameter's own variance is added to the diagonal.

    Args:
        before: of all steps so far.
        found: moments of this step.
        here: the parameters of this step.
        step: its number, from zero.
        batch: its configurations.
    """
    share = share_of(step)
    curvature, here = found.covariance, here.astype(jnp.float64)
    matrix = before.matrix + share * (curvature - before.matrix)
    vector = before.vector + share * (curvature @ here - found.gradient - before.vector)
    size = jnp.sqrt(jnp.diagonal(matrix))
    unit = jnp.where(size > 0, size, 1.0)
    scaled = matrix / jnp.outer(unit, unit) + jnp.eye(unit.size) / batch
    change = jnp.linalg.solve(scaled, (vector - matrix @ here) / unit) / unit
    return NormalEquations(matrix, vector), change


def share_of(step: Int[Array, ""]) -> Float[Array, ""]:
    """The share of a step's own equations in all: weights grow as 1, 2, 3, ..."""
    return 2.0 / (step + 2.0)
