"""Least squares for the variance of log w: steps of Gauss and Newton for models of few numbers.

Near log w(theta) the variance over configurations is that of log w + J delta, with the gradient J
of each configuration's log w: a linear problem, whose solution knows neither a learning rate nor
the units of the parameters. Every step adds its own problem to those before, each taken about the
parameters that it had, older ones with less and less weight: no draw is thrown away at once.

What keeps a step where the linear problem can be believed: directions that the draws cannot tell
from their noise are damped (Levenberg and Marquardt), and no step changes the density by more than
half a unit of the Kullback-Leibler divergence, which it moves by delta^T cov(J) delta / 2. Close to
the target J is minus the gradient of log q at a fixed field, and the step that of Amari's natural
gradient.
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
_LARGEST_DIVERGENCE = 0.5
"""By which one step may change the density, as far as the linear problem can say."""
_DRAWS_REMEMBERED = 4
"""For each parameter, in the equations of later steps."""
_LEAST_SHARE_OF_A_STEP = 0.2
"""Of each step in later ones' equations, unless batches are too small to be forgotten so soon."""
_NOISE = 0.2
"""Damping, in the units of (parameters / draws) times each parameter's own variance."""
_LEAST_EFFECT = 1e-3
"""Of a parameter on log w, over the largest one of any: weaker ones are damped as if it were so."""
_OUTLYING = 15.0
"""How many typical deviations of log w a single draw can pull with."""


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
    """Over the draws of a step: how their log weights move with the parameters.

    Draws far out count less, so that none pulls with more than ``_OUTLYING`` typical deviations
    (Huber's estimator): one in a million must not spoil the step in which it comes.

    Attributes:
        covariance: of the gradients of log w.
        gradient: covariance of gradients and log weights, half the gradient of the variance.
    """

    covariance: Float[Array, "p p"]
    gradient: Float[Array, " p"]


def gradients_of_draws(
    log_weight: Callable[[Any, Key[Array, ""]], Float[Array, ""]],
    parameters: PyTree,
    keys: Key[Array, " batch"],
) -> tuple[Float[Array, " batch"], Float[Array, "batch p"]]:
    """The log weights of some draws, and the gradient of each, in double precision.

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
    return found, jax.vmap(lambda one: ravel_pytree(one)[0])(slopes).astype(jnp.float64)


def moments_of(log_weights: Float[Array, " batch"], slopes: Float[Array, "batch p"]) -> Moments:
    """Moments of all draws of a step."""
    from_median = log_weights - jnp.median(log_weights)
    distance = jnp.abs(from_median)
    reach = _OUTLYING * jnp.median(distance)
    counts = jnp.where(distance > reach, reach / distance, 1.0) / log_weights.size
    slopes = slopes - jnp.mean(slopes, 0)
    weighted = counts[:, None] * slopes
    return Moments(weighted.T @ slopes, weighted.T @ from_median)


def solved(
    before: NormalEquations,
    found: Moments,
    here: Float[Array, " p"],
    step: Int[Array, ""],
    batch: int,
) -> tuple[NormalEquations, Float[Array, " p"]]:
    """The equations with those of one more step, and how the parameters change.

    Args:
        before: of all steps so far.
        found: moments of this step.
        here: the parameters of this step.
        step: its number, from zero.
        batch: its configurations.
    """
    share = share_of(step, batch, here.size)
    curvature, here = found.covariance, here.astype(jnp.float64)
    matrix = before.matrix + share * (curvature - before.matrix)
    vector = before.vector + share * (curvature @ here - found.gradient - before.vector)
    effect = jnp.sqrt(jnp.diagonal(matrix))
    effect = jnp.maximum(effect, _LEAST_EFFECT * jnp.max(effect))
    unit = jnp.where(effect > 0, effect, 1.0)
    # How many draws the equations stand for: batches with weights that fall by 1 - share.
    draws = batch * (2 - share) / share
    damping = jnp.eye(here.size) * (_NOISE * here.size / draws)
    scaled = matrix / jnp.outer(unit, unit) + damping
    change = jnp.linalg.solve(scaled, (vector - matrix @ here) / unit) / unit
    divergence = change @ matrix @ change / 2
    shortened = jnp.sqrt(_LARGEST_DIVERGENCE / jnp.maximum(divergence, _LARGEST_DIVERGENCE))
    return NormalEquations(matrix, vector), shortened * change


def share_of(step: Int[Array, ""], batch: int, parameters: int) -> Float[Array, ""]:
    """The share of a step's own equations in all.

    It begins as the mean of all steps with weights that grow as 1, 2, 3, ..., and stays at what
    remembers several draws for each parameter.

    Args:
        step: from zero.
        batch: configurations of a step.
        parameters: how many.
    """
    remembered = 2.0 / (1.0 + _DRAWS_REMEMBERED * parameters / batch)
    return jnp.maximum(2.0 / (step + 2.0), min(remembered, _LEAST_SHARE_OF_A_STEP))
