"""Configurations that nobody stored: proposals of a model, made again from the seed."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PyTree

from latflow.sampling._chain import phase_key, step_keys
from latflow.sampling._independence import Independence

_AT_ONCE = 64


def held_steps(accepted: Bool[np.ndarray, "chains steps"]) -> Int[np.ndarray, "chains steps"]:
    """The step whose proposal a chain holds after each step; -1 for what it held before all.

    Args:
        accepted: whether the proposal of each step was.
    """
    numbers = np.where(accepted, np.arange(accepted.shape[1]), -1)
    return np.maximum.accumulate(numbers, axis=1)


def regenerated(
    kernel: Independence,
    seed: int,
    name: str,
    chains: Int[np.ndarray, " fields"],
    steps: Int[np.ndarray, " fields"],
) -> PyTree[Array]:
    """The fields that independence Metropolis proposed in some steps of some chains.

    They are made by the same function of the same keys as then, always so many at once.

    Args:
        kernel: of the chains.
        seed: of the run.
        name: of the chains.
        chains: the number of the chain of every field.
        steps: the number of the step of every field, from the end of the warm-up on.

    Returns:
        Fields along a first axis.
    """
    count = len(chains)
    missing = -count % _AT_ONCE
    padded = (np.concatenate([x, np.zeros(missing, x.dtype)]) for x in (chains, steps))
    key = phase_key(seed, name, "sampling")
    fields = _proposals(kernel, key, *(jnp.asarray(x, jnp.int64) for x in padded))
    return jax.tree.map(lambda leaf: leaf[:count], fields)


@eqx.filter_jit
def _proposals(kernel: Independence, key, chains, steps):
    def one(place):
        chain, step = place
        return kernel.proposal(step_keys(key, chain, step[None])[0]).field

    return jax.lax.map(partial(one), (chains, steps), batch_size=_AT_ONCE)
