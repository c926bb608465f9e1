"""How good a trained model is: fresh samples with their weights, in double precision."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree, Shaped

from latflow.fields import Field
from latflow.models import Proposer
from latflow.observables import Measurements
from latflow.parallel import NUMBERS_AT_ONCE, over_devices
from latflow.random import key_for
from latflow.theories import Theory

_BLOCKS_PER_PIECE = 16
CHECKED_DRAWS = 1024
"""How many draws at most go through a flow and back: enough to see one bad one in 200."""
DETAILED_DRAWS = 1024
"""Of how many draws at most it is told how they came about."""


def evaluate(
    model: Proposer,
    theory: Theory,
    seed: int,
    n_samples: int,
    n_fields: int = 0,
    purpose: str = "evaluation",
    advance: Callable[[int], None] | None = None,
    measure: Callable[[Field], Measurements] | None = None,
) -> dict[str, PyTree[Shaped[np.ndarray, "..."]]]:
    """Draw fresh samples of a model and weigh them.

    Args:
        model: whatever proposes, of any precision; evaluated in double.
        theory: the target.
        seed: the run's seed.
        n_samples: how many samples.
        n_fields: how many of the sampled fields to return.
        purpose: names the stream of random numbers.
        advance: called with the number of samples drawn so far, piece by piece; it may raise to
            end the work early.
        measure: what else to record of every sample, by name.

    Returns:
        ``log_weight``, ``action`` and ``log_prob`` = -action - log_weight (of the model, where it
        has a density), each of shape (n_samples,); ``disagreement``, by how much log q of the
        first samples differs between the model's two ways to it (``Proposer.disagreement``);
        ``details``, how the first of them came about (``Proposer.details``), each with a leading
        axis of samples; ``measurements``, with a leading axis of n_samples; and ``fields``, a
        field with a leading axis of length n_fields if that is not zero.
    """
    model = model.cast("double")
    key = key_for(seed, purpose)
    block = int(np.clip(NUMBERS_AT_ONCE // theory.space.n_numbers, 4, 256))
    n_devices = len(jax.local_devices())
    n_blocks = min(_BLOCKS_PER_PIECE, -(-n_samples // (block * n_devices))) * n_devices
    piece = n_blocks * block

    def keys_of(first, count):
        # A sample's key is folded from its own index: it does not depend on how many are drawn.
        return jax.vmap(lambda index: jax.random.fold_in(key, index))(first + jnp.arange(count))

    @eqx.filter_jit
    def draw(model, first):
        arrays, static = eqx.partition(model, eqx.is_array)

        def one(arrays, key):
            field, log_weight = eqx.combine(arrays, static).propose(theory, key)
            return log_weight, theory.action(field), {} if measure is None else measure(field)

        def on_device(arrays, keys):
            return jax.lax.map(lambda keys: jax.vmap(lambda key: one(arrays, key))(keys), keys)

        keys = keys_of(first, piece).reshape(n_blocks, block)
        return over_devices(on_device, n_blocks)(arrays, keys)

    @eqx.filter_jit
    def draw_fields(model):
        return jax.lax.map(lambda key: model.propose(theory, key)[0], keys_of(0, n_fields))

    @eqx.filter_jit
    def look_closer(model):
        keys = keys_of(0, min(DETAILED_DRAWS, n_samples))
        return jax.lax.map(lambda key: model.details(theory, key), keys, batch_size=block)

    @eqx.filter_jit
    def check(model):
        keys = keys_of(0, min(CHECKED_DRAWS, n_samples))
        return jax.lax.map(model.disagreement, keys, batch_size=block)

    pieces = []
    for first in range(0, n_samples, piece):
        drawn = draw(model, jnp.asarray(first))
        pieces.append(jax.tree.map(lambda leaf: _in_a_row(np.asarray(leaf)), drawn))
        if advance is not None:
            advance(min(first + piece, n_samples))
    log_weight, action, measurements = jax.tree.map(
        lambda *leaves: np.concatenate(leaves)[:n_samples], *pieces
    )
    result = {
        "log_weight": log_weight,
        "log_prob": -action - log_weight,
        "action": action,
        "disagreement": np.asarray(check(model)),
        "details": jax.tree.map(np.asarray, look_closer(model)),
        "measurements": measurements,
    }
    if n_fields:
        result["fields"] = jax.tree.map(np.asarray, draw_fields(model))
    return result


def _in_a_row(blocks: Shaped[np.ndarray, "blocks block ..."]) -> Shaped[np.ndarray, "samples ..."]:
    return blocks.reshape(-1, *blocks.shape[2:])
