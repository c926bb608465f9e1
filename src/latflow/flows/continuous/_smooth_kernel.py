"""Kernels that are smooth functions of momentum, the same functions on every lattice."""

from functools import lru_cache
from itertools import permutations, product

import numpy as np
from jaxtyping import Float, Int

from latflow.flows.continuous._kernel import orbits


@lru_cache
def smooth_basis(shape: tuple[int, ...], nodes: int) -> Float[np.ndarray, "orbits functions"]:
    """Functions of momentum that a smooth kernel is a sum of, at every orbit of momenta.

    With p^2 = sum 4 sin^2(p / 2): hats of log p^2 between ``nodes`` values, from the largest down
    by factors of two, the last of them for the zero mode as well; one for the zero mode alone; and
    the eigenvalues of kernels on every orbit of offsets up to two sites along each axis, which tell
    directions apart. Long waves, and the zero mode most of all, are in several of them: they have
    the furthest to go, and an optimiser moves every coefficient by the same amount.

    Args:
        shape: of the lattice.
        nodes: number of hats.
    """
    first = np.unique(orbits(shape).reshape(-1), return_index=True)[1]
    sites = np.indices(shape).reshape(len(shape), -1)[:, first]
    momenta = 2 * np.pi * sites / np.array(shape, float)[:, None]
    height = _height(momenta)
    zero = np.isinf(height)[:, None].astype(float)
    hats = np.minimum(height, nodes - 1)[:, None] - np.arange(nodes)
    hats = np.maximum(1 - np.abs(hats), 0)
    waves = np.cos(momenta[:, :, None] * np.arange(3))
    local = []
    for offset in sorted({tuple(sorted(x)) for x in product(range(3), repeat=len(shape))})[1:]:
        ways = set(permutations(offset))
        products = [np.prod([waves[a, :, x] for a, x in enumerate(way)], axis=0) for way in ways]
        local.append(np.mean(products, axis=0))
    return np.concatenate([hats, zero, np.stack(local, -1)], -1)


def continued(shape: tuple[int, ...], nodes: int, count: int) -> Int[np.ndarray, "functions"]:
    """From which coefficient each is taken on a larger lattice, ``count`` in all.

    Hats between the smallest momentum of the old lattice and the last begin with the value of the
    one at that momentum.
    """
    smallest = [[2 * np.pi / max(shape) if max(shape) > 1 else np.pi], *[[0.0]] * (len(shape) - 1)]
    used = int(np.ceil(_height(np.array(smallest))[0] - 1e-9))
    index = np.arange(count)
    index[: nodes - 1] = np.minimum(index[: nodes - 1], used)
    return index


def _height(momenta):
    """log2 of the largest p^2 over p^2; infinite for the zero mode."""
    squared = np.sum(4 * np.sin(momenta / 2) ** 2, axis=0)
    zero = squared < 1e-12
    return np.where(zero, np.inf, np.log2(4 * len(momenta) / np.where(zero, 1.0, squared)))
