"""Making a run that goes on and a run that is resumed do literally the same."""

from typing import TypeVar

import equinox as eqx
import jax
import numpy as np

Tree = TypeVar("Tree")


def as_after_restart(tree: Tree) -> Tree:
    """The same numbers, laid out in memory as if they had just been read from a file.

    What a compiled program returns may be spread over devices; handed back as it is, it would
    be compiled for again, and by another program than a resumed run has. Nothing is compiled for
    this itself, as ``jnp.asarray`` would for every shape.
    """
    return jax.tree.map(
        lambda leaf: (
            jax.device_put(np.asarray(leaf))
            if eqx.is_array(leaf) or isinstance(leaf, np.ndarray)
            else leaf
        ),
        tree,
    )
