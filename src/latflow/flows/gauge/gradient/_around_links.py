"""All plaquettes around all links at once, read from where the links begin.

A link along mu has in each plane with nu the plaquette ahead of it, P_{mu nu}(x), and the one
behind, with y = x - nu: U_nu(y)^+ P_{mu nu}(y)^+ U_nu(y). Pairs (mu, nu) are an axis of the arrays,
before those of the lattice, so that the program is as long in four dimensions as in two.
"""

import itertools
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Complex

from latflow.fields.links import displaced, matrix_product

Matrices = Complex[Array, "n n ..."]
Pair = tuple[int, int]


class AroundLinks(NamedTuple):
    """Loops: matrices with an axis of pairs (mu, nu) before those of the lattice.

    ``upper`` are the plaquettes ahead of the links, ``lower`` the ones behind.
    """

    upper: Matrices
    lower: Matrices


def around_links(links: Complex[Array, "n n axes ..."]) -> AroundLinks:
    """The plaquettes around all links.

    Args:
        links: axes of the lattice follow that of its directions; there may be more behind.
    """
    ndim, place = links.shape[2], _places(links.shape[2])
    others = [[mu for mu in range(ndim) if mu != nu] for nu in range(ndim)]
    across = chosen(links, [nu for _, nu in place])
    ahead = jnp.concatenate(
        [chosen(displaced(links, 3 + nu, 1), others[nu]) for nu in range(ndim)], axis=2
    )
    # U_nu(x) U_mu(x + nu), and the other way around the corner.
    back = matrix_product(across, ahead)
    there = chosen(back, [place[nu, mu] for mu, nu in place])
    upper = matrix_product(there, back, (False, True))
    behind = matrix_product(ahead, matrix_product(there, across, (True, False)))
    lower = []
    for nu in range(ndim):
        here = behind[:, :, nu * (ndim - 1) : (nu + 1) * (ndim - 1)]
        lower.append(displaced(here, 3 + nu, -1))
    return AroundLinks(upper, jnp.concatenate(lower, axis=2))


def of_planes(loops: Matrices, ndim: int) -> Matrices:
    """Those of the pairs mu < nu."""
    place = _places(ndim)
    return chosen(loops, [place[mu, nu] for mu, nu in place if mu < nu])


def bent_pairs(around: AroundLinks, ndim: int) -> tuple[Matrices, Matrices]:
    """For all links and all pairs of planes the sums of both plaquettes in the one, and in the
    other; there are three dimensions or more."""
    place, sums = _places(ndim), around.upper + around.lower
    pairs = [
        (place[mu, first], place[mu, second])
        for mu in range(ndim)
        for second, first in itertools.combinations(set(range(ndim)) - {mu}, 2)
    ]
    first, second = zip(*pairs, strict=True)
    return chosen(sums, list(first)), chosen(sums, list(second))


def chosen(matrices: Matrices, places: list[int]) -> Matrices:
    """Matrices at some places of the third axis; as slices, which are copied in blocks."""
    starts = [i for i, p in enumerate(places) if i == 0 or p != places[i - 1] + 1]
    runs = zip(starts, [*starts[1:], len(places)], strict=True)
    parts = [matrices[:, :, places[a] : places[a] + b - a] for a, b in runs]
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=2)


def _places(ndim: int) -> dict[Pair, int]:
    """The place of each pair (mu, nu): those of one nu are beside each other."""
    pairs = [(mu, nu) for nu in range(ndim) for mu in range(ndim) if mu != nu]
    return {pair: i for i, pair in enumerate(pairs)}
