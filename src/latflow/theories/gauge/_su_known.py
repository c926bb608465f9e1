"""What is known of SU(N) gauge theory: exact in two dimensions, numbers of papers in four."""

from latflow.analysis import KnownNumber
from latflow.lattice import Lattice
from latflow.observables.gauge import largest_loop
from latflow.theories.gauge._exact_2d import numbers_of_loops
from latflow.theories.gauge._su_characters import ExactSU

# Representations are too many for larger groups.
_LARGEST_N = 6
# On 16^4 sites; that of larger lattices is not known to differ.
_SU3_BETA_6 = KnownNumber(
    0.593678, 0.000024, "Boyd et al., hep-lat/9602007, 16^4 sites", "plaquette"
)


def known_numbers(n: int, beta: float, lattice: Lattice) -> dict[str, KnownNumber]:
    """What is known of the theory with the coupling beta on a lattice, by name."""
    if lattice.ndim == 2 and n <= _LARGEST_N:
        return _exact(n, beta, lattice)
    if (n, beta, lattice.ndim) == (3, 6.0, 4) and min(lattice.shape) >= 16:
        return {"plaquette": _SU3_BETA_6, "plaquette_published": _SU3_BETA_6}
    return {}


def _exact(n: int, beta: float, lattice: Lattice) -> dict[str, KnownNumber]:
    exact, source = ExactSU(n, beta, lattice.volume), "exact: character expansion"
    loops = numbers_of_loops(
        source,
        lambda r, t: exact.wilson_loop(r * t),
        largest_loop(lattice),
        -beta,
        lattice.volume,
    )
    return loops | {"log_z": KnownNumber(exact.log_z, 0.0, source, "log_z")}
