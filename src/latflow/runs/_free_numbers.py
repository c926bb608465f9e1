"""The observables of the free scalar field in closed form."""

import math

from latflow.theories import FreeScalar


def free_numbers(theory: FreeScalar) -> dict[str, float]:
    """Exact values by the names of ``docs/summary.md``, ``log_z`` among them.

    M is a normal number of variance chi2 / V, which gives the moments of |M|; C(t) is a single
    hyperbolic cosine, so that the effective mass is the pole mass at every t.
    """
    lattice = theory.space.lattice
    two_point = theory.two_point()
    phi2 = float(two_point.flat[0])
    chi2 = 1 / theory.m2
    neighbours = [
        tuple(int(a == axis) % n for a, n in enumerate(lattice.shape))
        for axis in range(lattice.ndim)
    ]
    numbers = {
        "log_z": theory.log_partition_function(),
        "action": lattice.volume / 2,
        "chi2": chi2,
        "chi_absM": chi2 * (1 - 2 / math.pi),
        "abs_m": math.sqrt(2 * chi2 / (math.pi * lattice.volume)),
        "binder_U4": 0.0,
        "phi2": phi2,
        "phi4": 3 * phi2**2,
        "ising_energy": sum(float(two_point[n]) for n in neighbours) / lattice.ndim,
    }
    if theory.zeta > 0 and max(lattice.shape) > 2:
        mass_times_extent = theory.pole_mass() * max(lattice.shape)
        numbers["mpL"] = numbers["mpL_all"] = mass_times_extent
        numbers["xi_2nd"] = math.sqrt(theory.zeta / theory.m2)
    return numbers
