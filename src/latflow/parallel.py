"""Spreading a batch over all local devices."""

from collections.abc import Callable

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

BATCH_AXIS = "batch"


def device_mesh(n_parts: int) -> Mesh:
    """A one-dimensional mesh of the most local devices that divide ``n_parts`` evenly."""
    devices = jax.local_devices()
    n_devices = max(n for n in range(1, len(devices) + 1) if n_parts % n == 0)
    return Mesh(np.array(devices[:n_devices]), (BATCH_AXIS,))


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
        mesh=device_mesh(n_parts),
        in_specs=(PartitionSpec(), batched),
        out_specs=batched,
        check_vma=False,
    )
