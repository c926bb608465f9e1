"""Where replicas stand on their ladder: so that all swaps are as likely."""

import numpy as np
from jaxtyping import Float

# A pair that is always swapped still lies somewhere.
_LEAST_REJECTION = 1e-3


def even_positions(count: int) -> Float[np.ndarray, " replicas"]:
    """From 0 to 1 in equal steps."""
    return np.linspace(0.0, 1.0, count)


def respaced(
    positions: Float[np.ndarray, " replicas"], acceptances: Float[np.ndarray, " pairs"]
) -> Float[np.ndarray, " replicas"]:
    """Positions at which all pairs of neighbours are rejected as often.

    The rejection rate of a swap is to first order the distance in a barrier Lambda(t) that adds
    up along the ladder, whatever the positions: it is interpolated between them, and cut into
    equal parts (Syed, Bouchard-Cote, Deligiannidis and Doucet, J. R. Stat. Soc. B 84 (2022) 321,
    arXiv:1905.02939, algorithm 4).

    Args:
        positions: rising from 0 to 1.
        acceptances: mean probabilities of the swaps between neighbours there.
    """
    rejections = np.maximum(1 - np.nan_to_num(acceptances), _LEAST_REJECTION)
    barrier = np.concatenate([[0.0], np.cumsum(rejections)])
    wanted = np.linspace(0.0, barrier[-1], len(positions))
    moved = np.interp(wanted, barrier, positions)
    moved[0], moved[-1] = 0.0, 1.0
    return moved
