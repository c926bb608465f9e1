"""Weights of given configurations: of a prior that cannot draw by itself, or of the target."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.models import Model
from latflow.theories import Theory

_AT_ONCE = 256


def weigh(
    model: Model, theory: Theory, latents: Float[Array, "samples *sites"]
) -> dict[str, Float[np.ndarray, " samples"]]:
    """Push configurations of the prior through a model's flow and weigh them, in double precision.

    Args:
        model: any precision.
        theory: the target.
        latents: configurations of the model's prior; each counts once.

    Returns:
        ``log_weight``, ``log_prob`` (of the model) and ``action``, each of shape (samples,).
    """
    log_prob, action = _weigh(model.cast("double"), theory, latents.astype(jnp.float64))
    log_prob, action = np.asarray(log_prob), np.asarray(action)
    return {"log_weight": -action - log_prob, "log_prob": log_prob, "action": action}


def weigh_fields(
    model: Model, theory: Theory, fields: Float[Array, "samples *sites"]
) -> Float[np.ndarray, " samples"]:
    """log w of given configurations of the target, in double precision.

    Args:
        model: any precision.
        theory: the target.
        fields: where its density is compared with the model's.
    """
    return np.asarray(_weigh_fields(model.cast("double"), theory, fields.astype(jnp.float64)))


@eqx.filter_jit
def _weigh_fields(model, theory, fields):
    def one(field):
        return theory.log_prob(field) - model.log_prob(field)

    return jax.lax.map(one, fields, batch_size=min(_AT_ONCE, len(fields)))


@eqx.filter_jit
def _weigh(model, theory, latents):
    def one(latent):
        field, log_det = model.flow.forward(latent)
        return model.prior.log_prob(latent) - log_det, theory.action(field)

    return jax.lax.map(one, latents, batch_size=min(_AT_ONCE, len(latents)))
