"""The accept/reject step that the kernels share."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PyTree

from latflow import fast_random as random


def log_uniform(key: Key[Array, ""]) -> Float[Array, ""]:
    """Logarithm of a uniform number in (0, 1), in double precision."""
    return -random.exponential(key, (), jnp.float64)


def accept(
    log_u: Float[Array, ""], log_ratio: Float[Array, ""]
) -> tuple[Bool[Array, ""], Float[Array, ""]]:
    """Metropolis decision and its probability min(1, e^log_ratio); NaN rejects."""
    log_ratio = jnp.where(jnp.isnan(log_ratio), -jnp.inf, log_ratio)
    return log_u < log_ratio, jnp.exp(jnp.minimum(log_ratio, 0.0))


def select(condition: Bool[Array, ""], new: PyTree[Array], old: PyTree[Array]) -> PyTree[Array]:
    """The new pytree where the condition holds, else the old one."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
