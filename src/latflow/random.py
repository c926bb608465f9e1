"""Random keys that depend on what they are for, not on when or where they are drawn."""

import zlib

import jax
from jaxtyping import Array, Key

from latflow.flags import require_random_bits

GENERATOR = "threefry2x32"
"""JAX's generator of random bits, whatever its default is."""


def key_for(seed: int, purpose: str) -> Key[Array, ""]:
    """The random key of one purpose of a run.

    The same seed and purpose always give the same key, on any machine and after any
    interruption; different purposes give independent streams.

    Args:
        seed: the run's seed.
        purpose: a name such as ``"training"`` or ``"chain/hmc/sampling"``.

    Raises:
        FlagError: JAX is told to make other random numbers.
    """
    require_random_bits()
    key = jax.random.key(seed, impl=GENERATOR)
    return jax.random.fold_in(key, zlib.crc32(purpose.encode()))
