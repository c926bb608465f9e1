"""Angles of active links and of their staples as sums of links, and back."""

import functools

import numpy as np

from latflow.fields.links import U1Links
from latflow.flows._signed_sums import SignedSums
from latflow.flows.gauge._link_mask import LinkMask
from latflow.lattice import Lattice


@functools.lru_cache(maxsize=64)
def staple_sums(lattice: Lattice, axis: int, is_odd: bool) -> SignedSums:
    """The active links and their 2 (D - 1) staples, one after the other, as sums of links.

    Links are numbered with their axis first. Staples are those of
    :func:`~latflow.fields.links.staples`, in its order.

    Args:
        lattice: on which they are.
        axis: of the active links.
        is_odd: as of :class:`~latflow.flows.gauge.LinkMask`.
    """
    at = LinkMask(U1Links(lattice), axis, is_odd).sites

    def link(direction: int, *steps: tuple[int, int]) -> np.ndarray:
        displacement = [0] * lattice.ndim
        for along, n in steps:
            displacement[along] += n
        return direction * lattice.volume + lattice.displaced_sites(tuple(displacement))[at]

    # The second and third term of an active link have no sign: they are none.
    terms, signs = [[link(axis)] * 3], [[1, 0, 0]]
    for other in range(lattice.ndim):
        if other != axis:
            below = (other, -1)
            upper = [link(other, (axis, 1)), link(axis, (other, 1)), link(other)]
            lower = [link(other, below), link(axis, below), link(other, (axis, 1), below)]
            terms, signs = [*terms, upper, lower], [*signs, [1, -1, -1], [1, -1, -1]]
    table = np.concatenate([np.stack(columns, axis=1) for columns in terms])
    return SignedSums(
        lattice.ndim * lattice.volume, table, np.repeat(np.array(signs), len(at), axis=0)
    )


@functools.lru_cache(maxsize=64)
def active_only(lattice: Lattice, axis: int, is_odd: bool) -> SignedSums:
    """On every link the number of the active link that it is, or none."""
    at = LinkMask(U1Links(lattice), axis, is_odd).sites
    terms = np.zeros((lattice.ndim * lattice.volume, 1), np.int32)
    signs = np.zeros(terms.shape, np.int8)
    terms[axis * lattice.volume + at, 0], signs[axis * lattice.volume + at] = np.arange(len(at)), 1
    return SignedSums(len(at), terms, signs)
