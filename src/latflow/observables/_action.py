"""The action itself: every theory has it."""

from jaxtyping import Array, PyTree

from latflow.analysis import GammaResult, gamma_method
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)

ACTION = Quantity("action", "⟨<i>S</i>⟩", r"\langle S\rangle", "action, without its constant")


class Action(Observable):
    """The action per configuration, without its constant."""

    name = "action"

    @property
    def figures(self) -> tuple[str, ...]:
        """History and histogram."""
        return ("history",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The mean action."""
        return (ACTION,)

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """The action is as slow as the local observables are."""
        return (SlowSeries("action", "<i>S</i>", "S", "action", lambda series: series["action"]),)

    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """``action``."""
        return {"action": theory.action(field)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """``action``."""
        return {"action": gamma_method(series["action"])} if "action" in series else {}
