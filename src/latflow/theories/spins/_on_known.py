"""What is known of O(N) models: a ring is solved by its transfer matrix."""

import math

import numpy as np

from latflow.analysis import KnownNumber
from latflow.lattice import Lattice
from latflow.theories.spins._ring import RingNumbers, real_sphere, ring

SOURCE = "exact: transfer matrix"


def on_numbers(lattice: Lattice, n: int, beta: float) -> dict[str, KnownNumber]:
    """Exact values for one dimension; nothing else is known.

    Args:
        lattice: the lattice.
        n: components of a spin.
        beta: coupling.
    """
    if lattice.ndim > 1 or lattice.volume < 2 or beta < 0:
        return {}
    solved = ring(real_sphere(n), lattice.volume, lambda c: beta * c, lambda c: c)
    links = solved.slope
    return ring_observables(solved) | {
        "energy": KnownNumber(links / lattice.volume, 0.0, SOURCE, "energy"),
        "action": KnownNumber(-beta * links, 0.0, SOURCE, "action"),
    }


def ring_observables(solved: RingNumbers) -> dict[str, KnownNumber]:
    """log Z and what follows from the correlator of the order parameter."""
    correlator = solved.correlator
    extent = len(correlator)
    chi = correlator.sum()
    factor = correlator @ np.cos(2 * math.pi * np.arange(extent) / extent)
    values = {"log_z": solved.log_z, "chi": float(chi)}
    if chi > factor > 0:
        momentum = 2 * math.sin(math.pi / extent)
        values["xi_2nd"] = float(math.sqrt(chi / factor - 1) / momentum)
    return {name: KnownNumber(value, 0.0, SOURCE, name) for name, value in values.items()}
