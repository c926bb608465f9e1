"""Weights of given configurations: of a prior that cannot draw by itself, or of the target."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree, Shaped

from latflow.fields import Field
from latflow.models import Model, Proposer
from latflow.not_trained import in_precision
from latflow.observables import Measurements
from latflow.theories import Theory

_AT_ONCE = 256


def weigh(
    model: Model,
    theory: Theory,
    latents: PyTree[Shaped[Array, "samples ..."]],
    measure: Callable[[Field], Measurements] | None = None,
) -> dict[str, PyTree[Shaped[np.ndarray, "samples ..."]]]:
    """Push configurations of the prior through a model's flow and weigh them, in double precision.

    Args:
        model: any precision.
        theory: the target.
        latents: configurations of the model's prior, arrays with a leading axis; each counts once.
        measure: what else to record of every sample, by name.

    Returns:
        ``log_weight``, ``log_prob`` (of the model), ``action`` and ``disagreement`` (see
        ``Model.disagreement``), each of shape (samples,), and ``measurements``.
    """
    latents = in_precision(latents, jnp.float64)
    found = _weigh(model.cast("double"), theory, latents, measure)
    log_prob, action, disagreement, measurements = jax.tree.map(np.asarray, found)
    return {
        "log_weight": -action - log_prob,
        "log_prob": log_prob,
        "action": action,
        "disagreement": disagreement,
        "measurements": measurements,
    }


def weigh_fields(
    model: Proposer,
    theory: Theory,
    fields: PyTree[Shaped[Array, "samples ..."]],
    key: Key[Array, ""] | None = None,
) -> Float[np.ndarray, " samples"]:
    """log w of given configurations of the target, in double precision.

    Args:
        model: any precision; it must know its density.
        theory: the target.
        fields: where its density is compared with the model's; arrays with a leading axis.
        key: of random ways back from them, for a model that has those instead of a density.

    Raises:
        ConfigError: the model knows the weights of its own draws only.
    """
    return np.asarray(
        _weigh_fields(model.cast("double"), theory, in_precision(fields, jnp.float64), key)
    )


@eqx.filter_jit
def _weigh_fields(model, theory, fields, key):
    def one(numbered):
        number, field = numbered
        if key is None:
            return model.log_weight(theory, field)
        return model.log_weight_back(theory, field, jax.random.fold_in(key, number))

    numbers = jnp.arange(jax.tree.leaves(fields)[0].shape[0])
    return jax.lax.map(one, (numbers, fields), batch_size=_at_once(fields))


@eqx.filter_jit
def _weigh(model, theory, latents, measure):
    def one(latent):
        field, log_det = model.flow.forward(latent)
        measured = {} if measure is None else measure(field)
        log_prob = model.prior.log_prob(latent) - log_det
        return log_prob, theory.action(field), model.disagreement_at(latent), measured

    return jax.lax.map(one, latents, batch_size=_at_once(latents))


def _at_once(batch) -> int:
    return min(_AT_ONCE, jax.tree.leaves(batch)[0].shape[0])
