"""The energy of spins, and their action."""

from typing import Any

from latflow.analysis import GammaResult, gamma_method
from latflow.observables._action import ACTION
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)
from latflow.observables.spins._theory import require_spins

_WORDS = "nearest-neighbour product per link"


class LinkEnergy(Observable):
    """``energy``: the mean of the product of neighbours over all links; ``action``."""

    name = "link-energy"

    @property
    def figures(self) -> tuple[str, ...]:
        """History and histogram."""
        return ("history",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Both are plain means."""
        return (Quantity("energy", "<i>E</i>", "E", _WORDS), ACTION)

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """E."""
        return (SlowSeries("energy", "<i>E</i>", "E", _WORDS, lambda s: s["energy"]),)

    def measure(self, theory: MeasuredTheory, field: Any) -> Measurements:
        """``energy``, ``action``."""
        spins = require_spins(theory, self.name)
        return {"energy": spins.link_energy(field), "action": theory.action(field)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """Plain means."""
        names = (quantity.name for quantity in self.quantities)
        return {name: gamma_method(series[name]) for name in names if name in series}
