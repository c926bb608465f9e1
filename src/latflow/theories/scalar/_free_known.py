"""The observables of the free scalar field in closed form."""

import math

import numpy as np

from latflow.analysis import KnownNumber
from latflow.lattice import Lattice


def free_numbers(lattice: Lattice, zeta: float, m2: float) -> dict[str, KnownNumber]:
    """Exact values by the names of ``docs/summary.md``, ``log_z`` among them.

    M is a normal number of variance chi2 / V, which gives the moments of |M|; C(t) is a single
    hyperbolic cosine, so that the effective mass is the pole mass at every t.

    Args:
        lattice: the lattice.
        zeta: field strength.
        m2: mass squared, lattice units.
    """
    kernel = zeta * lattice.khat2(real=False) + m2
    two_point = np.fft.ifftn(1 / kernel).real
    phi2, chi2 = float(two_point.flat[0]), 1 / m2
    neighbours = [
        tuple(int(a == axis) % n for a, n in enumerate(lattice.shape))
        for axis in range(lattice.ndim)
    ]
    numbers = {
        "log_z": float(0.5 * kernel.size * np.log(2 * np.pi) - 0.5 * np.log(kernel).sum()),
        "action": lattice.volume / 2,
        "chi2": chi2,
        "chi_absM": chi2 * (1 - 2 / math.pi),
        "abs_m": math.sqrt(2 * chi2 / (math.pi * lattice.volume)),
        "binder_U4": 0.0,
        "phi2": phi2,
        "phi4": 3 * phi2**2,
        "ising_energy": sum(float(two_point[n]) for n in neighbours) / lattice.ndim,
    }
    if zeta > 0 and max(lattice.shape) > 2:
        pole_mass = 2 * math.asinh(math.sqrt(m2) / (2 * math.sqrt(zeta)))
        numbers["mpL"] = numbers["mpL_all"] = pole_mass * max(lattice.shape)
        numbers["xi_2nd"] = math.sqrt(zeta / m2)
    source = "exact: free field"
    return {name: KnownNumber(value, 0.0, source, name) for name, value in numbers.items()}
