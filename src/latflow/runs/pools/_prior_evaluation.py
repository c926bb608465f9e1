"""Evaluating a model whose prior draws from Markov chains: every configuration counts once."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from latflow.models import Model
from latflow.priors import EnsemblePrior
from latflow.runs.pools._pool_chains import PoolChains
from latflow.theories import Theory
from latflow.training import weigh


def evaluate_with_chains(
    model: Model,
    theory: Theory,
    chains: PoolChains,
    n_samples: int,
    n_fields: int,
    advance: Callable[[int], None],
) -> dict[str, Float[np.ndarray, "..."]]:
    """Weights of fresh configurations of the prior, pool after pool; see ``training.evaluate``.

    The configurations of a chain are two autocorrelation times apart, so their weights count as
    independent.

    Args:
        model: after training; the chains go on from the pool in it.
        theory: the target.
        chains: those of the model's prior.
        n_samples: how many samples.
        n_fields: how many of the sampled fields to return.
        advance: called with the number of samples so far; it may raise to end the work early.
    """
    prior = model.prior
    assert isinstance(prior, EnsemblePrior)  # as the chains are for one
    model = model.cast("double")
    parts, fields, done = [], [], 0
    while done < n_samples:
        prior = chains.renewed(prior, "evaluation", len(parts))
        latents = prior.pool[: n_samples - done]
        wanted = latents[: max(0, n_fields - done)].astype(jnp.float64)
        fields.append(np.asarray(jax.vmap(lambda z: model.flow.forward(z)[0])(wanted)))
        parts.append(weigh(model, theory, latents))
        done += len(latents)
        advance(done)
    result = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return result | ({"fields": np.concatenate(fields)} if n_fields else {})
