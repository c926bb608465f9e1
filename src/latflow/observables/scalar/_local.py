"""Local moments of a real scalar field, its action, and the identity that checks every sampler."""

from typing import Protocol, runtime_checkable

from jaxtyping import Array, Float

from latflow.analysis import GammaResult, gamma_method
from latflow.neighbours import forward_sum
from latflow.observables._action import ACTION
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)
from latflow.precision import sum_in_double

_QUANTITIES = (
    Quantity("phi2", "⟨φ<sup>2</sup>⟩", r"\langle\phi^2\rangle", "mean square of the field"),
    Quantity("phi4", "⟨φ<sup>4</sup>⟩", r"\langle\phi^4\rangle", "mean fourth power of the field"),
    Quantity("ising_energy", "<i>E</i>", "E", "nearest-neighbour correlation"),
    ACTION,
    Quantity(
        "schwinger_dyson",
        "⟨φ ∂<i>S</i>/∂φ⟩",
        r"\langle\phi\,\partial S/\partial\phi\rangle",
        "Schwinger-Dyson identity, per site",
        identity=1.0,
    ),
)


@runtime_checkable
class MomentTheory(Protocol):
    """A theory whose action is a function of a few sums that are measured anyway."""

    def action_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The action, from sums over sites of phi^2, phi^4 and over links of phi phi."""
        ...

    def virial_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Sum over sites of phi dS/dphi, from the same sums."""
        ...


class LocalMoments(Observable):
    """Means over sites and links, summed in double precision.

    - ``phi2``, ``phi4``: the means of the field's square and fourth power;
    - ``ising_energy``: E = (1/D) sum over axes of the mean of phi_x phi_{x+mu};
    - ``action``: as the theory defines it, without its constant;
    - ``schwinger_dyson``: (1/V) sum of phi dS/dphi, with expectation value one.
    """

    name = "local-moments"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """All are plain means."""
        return _QUANTITIES

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """E."""
        words = "nearest-neighbour correlation"
        return (SlowSeries("ising_energy", "<i>E</i>", "E", words, lambda s: s["ising_energy"]),)

    def measure(self, theory: MeasuredTheory, field: Float[Array, "..."]) -> Measurements:
        """The sums that all of them are made of are taken once."""
        lattice = theory.space.lattice
        square = field * field
        phi2, phi4 = sum_in_double(square), sum_in_double(square * square)
        links = sum_in_double(field * forward_sum(lattice, field))
        if isinstance(theory, MomentTheory):
            action = theory.action_of_moments(phi2, phi4, links)
            virial = theory.virial_of_moments(phi2, phi4, links)
        else:
            action = theory.action(field)
            virial = -sum_in_double(field * theory.force(field))
        volume = lattice.volume
        return {
            "phi2": phi2 / volume,
            "phi4": phi4 / volume,
            "ising_energy": links / (volume * lattice.ndim),
            "action": action,
            "schwinger_dyson": virial / volume,
        }

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """Plain means."""
        names = (quantity.name for quantity in _QUANTITIES)
        return {name: gamma_method(series[name]) for name in names if name in series}
