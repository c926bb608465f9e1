"""Spreading a batch over all local devices."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree

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


def on_every_device(function: Callable, n_parts: int) -> Callable:
    """``function(*arguments)`` done by every device with the same arguments and results.

    Inside of it :func:`mapped_over_devices` shares work out.

    Args:
        function: of arrays.
        n_parts: how many parts of work there are to share.
    """
    return jax.shard_map(
        function,
        mesh=mesh_of(devices_for(n_parts)),
        in_specs=PartitionSpec(),
        out_specs=PartitionSpec(),
        check_vma=False,
    )


def placed_on_every_device(tree: PyTree, n_parts: int) -> PyTree:
    """The arrays of a tree where :func:`on_every_device` leaves its results; the rest as it is.

    A compiled function tells arrays apart by where they lie: without this, one that is handed its
    own result would be compiled a second time.
    """
    everywhere = NamedSharding(mesh_of(devices_for(n_parts)), PartitionSpec())
    arrays, static = eqx.partition(tree, eqx.is_array)
    return eqx.combine(jax.device_put(arrays, everywhere), static)


def mapped_over_devices(function: Callable, parts: PyTree[Array], n_parts: int) -> PyTree[Array]:
    """``jax.lax.map(function, parts)`` inside of :func:`on_every_device`, shared by the devices.

    Every device ends with the results of all parts, in order, each of them once.

    Args:
        function: of one part.
        parts: stacked along their first axes.
        n_parts: how many.
    """
    own = n_parts // len(devices_for(n_parts))
    first = own * jax.lax.axis_index(BATCH_AXIS)
    mine = jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, first, own), parts)
    return jax.lax.all_gather(jax.lax.map(function, mine), BATCH_AXIS, tiled=True)
