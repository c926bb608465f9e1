"""How good a batch of log weights is, compiled into the training step."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def weight_metrics(log_weight: Float[Array, " batch"]) -> dict[str, Float[Array, ""]]:
    """Effective sample size, acceptance of independence Metropolis, and Var(log w).

    The acceptance is the stationary one, <min(w, w')> / <w> over all pairs of the batch.
    """
    weight = jnp.exp(log_weight - jnp.max(log_weight))
    n = weight.size
    ordered = jnp.sort(weight)
    # In ascending order, entry i is the smaller one in the n - 1 - i pairs with later entries.
    smaller = jnp.sum(ordered * jnp.arange(n - 1, -1, -1)) * 2 / (n * (n - 1))
    return {
        "ess": jnp.sum(weight) ** 2 / (n * jnp.sum(weight**2)),
        "acceptance": smaller / jnp.mean(weight),
        "log_weight_variance": jnp.var(log_weight),
    }
