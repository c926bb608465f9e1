"""Which field has come from where: labels of walkers on a ladder, and their round trips."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from latflow.kernels import Info

# Where a walker was last, of the two ends.
_NOWHERE, _TARGET, _FAR_END = 0, 1, 2


class Walkers(NamedTuple):
    """The fields as walkers that change their places.

    ``labels``: which walker stands at each replica; ``last_end``: which end of the ladder each
    walker visited last.
    """

    labels: Int[Array, " replicas"]
    last_end: Int[Array, " replicas"]


def new_walkers(count: int) -> Walkers:
    """Every walker at its own replica, before any journey."""
    labels = jnp.arange(count, dtype=jnp.int32)
    return arrived(Walkers(labels, jnp.full(count, _NOWHERE, jnp.int32)))[0]


def swapped(
    walkers: Walkers, lower: Int[Array, " pairs"], accepted: Bool[Array, " pairs"]
) -> Walkers:
    """The walkers after some neighbours, replicas ``lower`` and ``lower + 1``, were swapped."""
    labels = walkers.labels
    below, above = labels[lower], labels[lower + 1]
    labels = labels.at[lower].set(jnp.where(accepted, above, below))
    labels = labels.at[lower + 1].set(jnp.where(accepted, below, above))
    return walkers._replace(labels=labels)


def arrived(walkers: Walkers) -> tuple[Walkers, Float[Array, ""]]:
    """The walkers with a note of who is at an end, and how many round trips that completes.

    A round trip leads from the target to the far end and back.
    """
    first, last = walkers.labels[0], walkers.labels[-1]
    completed = (walkers.last_end[last] == _FAR_END).astype(jnp.float64)
    last_end = walkers.last_end.at[first].set(
        # Who has not been at the target yet is on no round trip.
        jnp.where(walkers.last_end[first] == _NOWHERE, _NOWHERE, _FAR_END)
    )
    return walkers._replace(last_end=last_end.at[last].set(_TARGET)), completed


def named(walkers: Walkers) -> Info:
    """Which walker stands at which replica, as infos ``walker_i``."""
    labels = walkers.labels.astype(jnp.float64)
    return {f"walker_{i}": labels[i] for i in range(labels.shape[0])}
