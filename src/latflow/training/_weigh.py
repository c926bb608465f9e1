"""Weights of given configurations: of a prior that cannot draw by itself, or of the target."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree, Shaped

from latflow.models import Model, Proposer
from latflow.not_trained import in_precision
from latflow.theories import Theory

_AT_ONCE = 256


def weigh(
    model: Model, theory: Theory, latents: PyTree[Shaped[Array, "samples ..."]]
) -> dict[str, Float[np.ndarray, " samples"]]:
    """Push configurations of the prior through a model's flow and weigh them, in double precision.

    Args:
        model: any precision.
        theory: the target.
        latents: configurations of the model's prior, arrays with a leading axis; each counts once.

    Returns:
        ``log_weight``, ``log_prob`` (of the model) and ``action``, each of shape (samples,).
    """
    log_prob, action = _weigh(model.cast("double"), theory, in_precision(latents, jnp.float64))
    log_prob, action = np.asarray(log_prob), np.asarray(action)
    return {"log_weight": -action - log_prob, "log_prob": log_prob, "action": action}


def weigh_fields(
    model: Proposer, theory: Theory, fields: PyTree[Shaped[Array, "samples ..."]]
) -> Float[np.ndarray, " samples"]:
    """log w of given configurations of the target, in double precision.

    Args:
        model: any precision; it must know its density.
        theory: the target.
        fields: where its density is compared with the model's; arrays with a leading axis.

    Raises:
        ConfigError: the model knows the weights of its own draws only.
    """
    return np.asarray(
        _weigh_fields(model.cast("double"), theory, in_precision(fields, jnp.float64))
    )


@eqx.filter_jit
def _weigh_fields(model, theory, fields):
    def one(field):
        return model.log_weight(theory, field)

    return jax.lax.map(one, fields, batch_size=_at_once(fields))


@eqx.filter_jit
def _weigh(model, theory, latents):
    def one(latent):
        field, log_det = model.flow.forward(latent)
        return model.prior.log_prob(latent) - log_det, theory.action(field)

    return jax.lax.map(one, latents, batch_size=_at_once(latents))


def _at_once(batch) -> int:
    return min(_AT_ONCE, jax.tree.leaves(batch)[0].shape[0])
