"""Parts that differ in the numbers of their arrays only, as one part with a leading axis."""

from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp

from latflow.errors import ConfigError

Part = TypeVar("Part")


def stack(parts: list[Part], what: str) -> Part:
    """One part whose array leaves are those of all parts, along a first axis.

    Args:
        parts: at least one.
        what: they are, for the message.

    Raises:
        ConfigError: they differ in more than numbers.
    """
    arrays, rest = zip(*(eqx.partition(part, eqx.is_array) for part in parts), strict=True)
    kinds = {str([(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(one)]) for one in arrays}
    same = all(jax.tree.structure(one) == jax.tree.structure(arrays[0]) for one in arrays)
    if len(kinds) > 1 or not same:
        raise ConfigError(
            "ladder",
            f"{what} of the replicas differ in more than numbers, so that they cannot be run side "
            "by side; use another update",
        )
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays)
    return eqx.combine(together, rest[0])


def unstack(part: Part, index: Any) -> Part:
    """The part at a place, or those at several."""
    return jax.tree.map(lambda leaf: leaf[index] if eqx.is_array(leaf) else leaf, part)
