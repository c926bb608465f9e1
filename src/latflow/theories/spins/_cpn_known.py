"""What is known of CP(N-1) models: a ring is solved by its transfer matrix."""

import numpy as np
from jaxtyping import Float
from scipy.special import i0e, i1e

from latflow.analysis import KnownNumber
from latflow.lattice import Lattice
from latflow.theories.spins._on_known import SOURCE, ring_observables
from latflow.theories.spins._ring import projective_space, ring

Values = Float[np.ndarray, " nodes"]


def cpn_numbers(lattice: Lattice, n: int, beta: float) -> dict[str, KnownNumber]:
    """Exact values for one dimension; nothing else is known.

    Integrating out the phase of a link leaves its weight I_0(2 N beta r), r = |conj(z) z'|.
    log Z is without the constant of the action.

    Args:
        lattice: the lattice.
        n: complex components of a vector.
        beta: coupling.
    """
    if lattice.ndim > 1 or lattice.volume < 2 or beta < 0:
        return {}

    def overlap(c: Values) -> Values:
        return np.sqrt((1 + c) / 2)

    def log_weight(c: Values) -> Values:
        argument = 2 * n * beta * overlap(c)
        return np.log(i0e(argument)) + argument

    def log_weight_slope(c: Values) -> Values:
        argument = 2 * n * beta * overlap(c)
        return 2 * n * overlap(c) * i1e(argument) / i0e(argument)

    solved = ring(projective_space(n), lattice.volume, log_weight, log_weight_slope)
    links = solved.slope / (2 * n)
    return ring_observables(solved) | {
        "energy": KnownNumber(links / lattice.volume, 0.0, SOURCE, "energy"),
        "action": KnownNumber(-2 * n * beta * links, 0.0, SOURCE, "action"),
    }
