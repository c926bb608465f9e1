"""The flags of JAX that decide what numbers come out: pinned by entry points, and recorded."""

from typing import Any

import jax

from latflow.errors import FlagError

# Names in jax.config; from the environment they would be upper case.
_PINNED: dict[str, Any] = {
    "jax_enable_x64": True,
    "jax_threefry_partitionable": True,
    "jax_default_prng_impl": "threefry2x32",
    "jax_default_matmul_precision": None,
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
}
_RANDOM_BITS = "jax_threefry_partitionable"


def pin_flags() -> None:
    """Set every flag that decides numbers: what an entry point does first.

    What the environment says of them is not heeded: a run must not depend on who started it.
    """
    for name, value in _PINNED.items():
        jax.config.update(name, value)


def deciding_flags() -> dict[str, Any]:
    """The flags as they are now, and the kind of device: what is to be recorded with numbers."""
    flags = {name: getattr(jax.config, name) for name in _PINNED}
    return flags | {"backend": jax.default_backend()}


def changed_flags(before: dict[str, Any]) -> list[str]:
    """What differs from recorded flags, each as "name: then, now"."""
    now = deciding_flags()
    return [
        f"{name}: {before[name]}, {now[name]}"
        for name in now
        if before.get(name, now[name]) != now[name]
    ]


def require_random_bits() -> None:
    """Refuse to draw random numbers that are other ones than everywhere else.

    Raises:
        FlagError: ``jax_threefry_partitionable`` is off.
    """
    if not getattr(jax.config, _RANDOM_BITS):
        raise FlagError(
            f"{_RANDOM_BITS} is off, and the same seed would give other numbers: unset "
            f'{_RANDOM_BITS.upper()}, or call jax.config.update("{_RANDOM_BITS}", True) at the '
            "start of your program"
        )
