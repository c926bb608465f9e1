"""Cutting a lattice into equal blocks."""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from latflow.errors import ConfigError

_MOST_NAMED = 12


def block_shape(shape: tuple[int, ...], blocks: int) -> tuple[int, ...]:
    """Extents of one of so many equal blocks of a lattice.

    The numbers of blocks along the axes are as equal as possible; where that leaves a choice,
    the blocks are as compact as possible, and earlier axes are cut less.

    Args:
        shape: extents of the lattice, any dimension.
        blocks: number of blocks in all.

    Raises:
        ConfigError: the lattice cannot be cut evenly into so many blocks.
    """
    volume = math.prod(shape)
    # Any divisor of a product is a product of divisors of its factors.
    if blocks < 1 or volume % blocks:
        raise ConfigError(
            "blocks",
            f"a lattice of {' x '.join(map(str, shape))} sites can be cut evenly into "
            f"{_named_divisors(volume)} blocks, not into {blocks}",
        )

    def preference(counts: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
        # At a fixed product, numbers have the smallest sum where they are most equal.
        return sum(counts), sum(n // c for n, c in zip(shape, counts, strict=True)), counts

    counts = min(_cuts(shape, blocks), key=preference)
    return tuple(extent // count for extent, count in zip(shape, counts, strict=True))


def block_corners(shape: tuple[int, ...], block: tuple[int, ...]) -> Int[np.ndarray, "blocks axes"]:
    """First site of every block, in row-major order."""
    counts = tuple(extent // size for extent, size in zip(shape, block, strict=True))
    return np.indices(counts).reshape(len(shape), -1).T * np.array(block)


def _cuts(shape: tuple[int, ...], blocks: int) -> Iterator[tuple[int, ...]]:
    """All numbers of blocks along the axes that divide the extents and multiply to ``blocks``."""
    if not shape:
        if blocks == 1:
            yield ()
        return
    first, rest = shape[0], shape[1:]
    for count in _divisors(math.gcd(first, blocks)):
        for others in _cuts(rest, blocks // count):
            yield (count, *others)


def _divisors(number: int) -> list[int]:
    low = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return sorted({*low, *(number // d for d in low)})


def _named_divisors(number: int) -> str:
    divisors = [str(divisor) for divisor in _divisors(number)]
    if len(divisors) > _MOST_NAMED:
        divisors = [*divisors[: _MOST_NAMED - 2], "...", divisors[-1]]
    return ", ".join(divisors[:-1]) + f" or {divisors[-1]}" if len(divisors) > 1 else divisors[0]
