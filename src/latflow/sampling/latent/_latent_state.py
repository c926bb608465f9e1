"""Where a chain in the latent variables of a model stands, and its weight."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import Field
from latflow.kernels import Info, accept, log_uniform, select
from latflow.models import Model
from latflow.theories import Theory


class LatentState(NamedTuple):
    """The prior's variables z, the field x = F(z), and log w = -S(x) - log q(x) in double."""

    latent: Field
    field: Field
    log_weight: Float[Array, ""]


def pushed_forward(theory: Theory, model: Model, latent: Field) -> LatentState:
    """The state of latent variables, through the flow."""
    field, log_det = model.flow.forward(latent)
    log_prob = model.prior.log_prob(latent) - log_det
    return LatentState(latent, field, _log_weight(theory, field, log_prob))


def pulled_back(theory: Theory, model: Model, field: Field) -> LatentState:
    """The state of a given field, through the flow's inverse."""
    latent, log_det = model.flow.inverse(field)
    log_prob = model.prior.log_prob(latent) + log_det
    return LatentState(latent, field, _log_weight(theory, field, log_prob))


def decided(
    key: Key[Array, ""], proposal: LatentState, state: LatentState
) -> tuple[LatentState, Info]:
    """The proposal with probability min(1, w'/w), else the state. Info: of the proposal."""
    accepted, probability = accept(log_uniform(key), proposal.log_weight - state.log_weight)
    info = {
        "acceptance": probability,
        "accepted": accepted.astype(jnp.float64),
        "log_weight": proposal.log_weight,
    }
    return select(accepted, proposal, state), info


def _log_weight(theory: Theory, field: Field, log_prob: Float[Array, ""]) -> Float[Array, ""]:
    """Never accepted where it is not finite."""
    log_weight = -theory.action(field) - log_prob
    return jnp.where(jnp.isfinite(log_weight), log_weight, -jnp.inf)
