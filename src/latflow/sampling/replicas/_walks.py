"""How fields walk along a ladder: what the recorded places of walkers say."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

# So many means of blocks tell an error to a fifth of it.
_BLOCKS = 20


@dataclass(frozen=True)
class Walks:
    """Fields that change their replicas.

    Attributes:
        places: the replica of each walker after each sample, from the far end on.
        moves: probability that the field at i is at j one sample later; rows add up to one.
        moves_error: one standard deviation of each, NaN where there are too few samples.
    """

    places: Int[np.ndarray, "chains samples walkers"]
    moves: Float[np.ndarray, "replicas replicas"]
    moves_error: Float[np.ndarray, "replicas replicas"]


def walks(infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int) -> Walks | None:
    """The walks of a chain of replica exchange.

    Args:
        infos: of all samples, with ``walker_i``.
        thin: transitions per sample: of means over several no place can be read off.

    Returns:
        None where places were not recorded, samples are thinned, or there are fewer than two.
    """
    count = sum(name.startswith("walker_") for name in infos)
    if thin != 1 or not count:
        return None
    labels = np.stack([infos[f"walker_{i}"] for i in range(count)], axis=-1).astype(np.int64)
    if labels.shape[1] < 2:
        return None
    places = np.argsort(labels, axis=-1)
    after = np.take_along_axis(places[:, 1:], labels[:, :-1], axis=-1)
    return Walks(places, *_moves(after, count))


def _moves(after: Int[np.ndarray, "chains moves replicas"], count: int):
    """Means and errors of where the fields at all replicas are next, from means of blocks.

    Blocks are whole chains, or parts of them where there are few chains.
    """
    chains, steps, _ = after.shape
    parts = min(steps, -(-_BLOCKS // chains))
    cut = steps // parts * parts
    blocks = after[:, :cut].reshape(chains * parts, -1, count)
    numbers = np.arange(len(blocks))[:, None, None] * count**2
    flat = (numbers + np.arange(count) * count + blocks).ravel()
    counted = np.bincount(flat, minlength=len(blocks) * count**2)
    shares = counted.reshape(len(blocks), count, count) / blocks.shape[1]
    error = np.full((count, count), np.nan)
    if len(blocks) >= _BLOCKS:
        error = shares.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    return shares.mean(axis=0), error
