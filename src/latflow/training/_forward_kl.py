"""A share of the forward divergence in the loss, for what the model would leave out."""

from typing import Literal

import jax
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.models import Model
from latflow.precision import dtype_of
from latflow.priors import ConfigurationPool, PoolSettings

# Other random numbers than those of the draw from the model.
_STREAM = 2


class ForwardKLSettings(PoolSettings):
    """A share of the forward divergence in the loss, from Markov chains of the target."""

    share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="loss = (1 - share) x the objective + share x the forward divergence",
    )
    kernel: Literal["cluster", "hmc"] = Field("cluster", description="Markov kernel of the chains")


def forward_kl(model: Model, target: ConfigurationPool, key: Key[Array, ""]) -> Float[Array, ""]:
    """Forward Kullback-Leibler divergence up to the target's entropy: -log q(y) at one y of p.

    The reverse divergence hardly sees what the model never draws: configurations between the
    phases, or a whole phase. This one is infinite where the target lives and the model does not.
    Source: Hackett et al. (arXiv:2107.00734); Nicoli et al. (arXiv:2302.14082).

    Args:
        model: in training.
        target: configurations of the theory, from Markov chains.
        key: which of them.
    """
    key = jax.random.fold_in(key, _STREAM)
    return -model.log_prob(target.draw(key, dtype_of(model.precision)))
