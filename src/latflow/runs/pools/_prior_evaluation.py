"""Evaluating a model whose prior draws from Markov chains: every configuration counts once."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree, Shaped

from latflow.fields import Field
from latflow.models import Model
from latflow.not_trained import in_precision
from latflow.observables import Measurements
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
    measure: Callable[[Field], Measurements] | None = None,
) -> dict[str, PyTree[Shaped[np.ndarray, "..."]]]:
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
        measure: what else to record of every sample, by name.
    """
    prior = model.prior
    assert isinstance(prior, EnsemblePrior)  # as the chains are for one
    model = model.cast("double")
    parts, fields, done = [], [], 0
    while done < n_samples:
        prior = chains.renewed(prior, "evaluation", len(parts))
        latents = _first(prior.pool.fields, n_samples - done)
        count = min(prior.pool.size, n_samples - done)
        wanted = _first(latents, max(0, n_fields - done))
        forward = jax.vmap(lambda z: model.flow.forward(z)[0])
        fields.append(jax.tree.map(np.asarray, forward(in_precision(wanted, jnp.float64))))
        parts.append(weigh(model, theory, latents, measure))
        done += count
        advance(done)
    result: dict[str, Any] = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
    if n_fields:
        result["fields"] = jax.tree.map(lambda *leaves: np.concatenate(leaves), *fields)
    return result


def _first(fields: PyTree[Array], count: int) -> PyTree[Array]:
    return jax.tree.map(lambda leaf: leaf[:count], fields)
