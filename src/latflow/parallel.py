"""Spreading a batch over all local devices."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

BATCH_AXIS = "batch"
NUMBERS_AT_ONCE = 16384
"""Numbers of a batch that goes through a flow: what a layer makes of more leaves the cache."""


def devices_for(n_parts: int, at_least: int = 1) -> tuple[Any, ...]:
    """The most local devices that divide the parts evenly, with so many parts on each.

    Args:
        n_parts: length of the axis that is shared out.
        at_least: the fewest parts on a device; one device takes all where there are fewer.
    """
    devices = jax.local_devices()
    counts = range(1, max(1, min(len(devices), n_parts // at_least)) + 1)
    return tuple(devices[: max(n for n in counts if n_parts % n == 0)])


def mesh_of(devices: tuple[Any, ...]) -> Mesh:
    """A one-dimensional mesh whose axis is that of a batch."""
    return Mesh(np.array(devices), (BATCH_AXIS,))


def over_devices(function: Callable, n_parts: int) -> Callable:
    """``function(shared, batched)`` with the first axis of ``batched`` spread over devices.

    Args:
        function: called on every device with the shared arguments whole and its slice of the
            batched ones; its results are put together along their first axis.
        n_parts: length of the batched arguments' first axis.
    """
    batched = PartitionSpec(BATCH_AXIS)
    return jax.shard_map(
        function,
        mesh=mesh_of(devices_for(n_parts)),
        in_specs=(PartitionSpec(), batched),
        out_specs=batched,
        check_vma=False,
    )
