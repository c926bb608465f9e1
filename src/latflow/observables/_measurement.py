"""Measuring several observables at once."""

import equinox as eqx
from jaxtyping import Array, PyTree

from latflow.analysis import GammaResult
from latflow.observables._observable import Doubt, Measurements, Observable, SeriesByName


class Measurement(eqx.Module):
    """What is measured on a configuration of a theory: a function of one field.

    Args:
        theory: any theory.
        observables: parts; by default those that the theory names.

    Raises:
        ValueError: when two observables record something under one name.
    """

    theory: PyTree
    observables: tuple[Observable, ...]

    def __init__(self, theory: PyTree, observables: tuple[Observable, ...] | None = None):
        self.theory = theory
        self.observables = tuple(theory.observables if observables is None else observables)

    def __call__(self, field: PyTree[Array]) -> Measurements:
        """The measurements of all observables, by name."""
        measured: Measurements = {}
        for observable in self.observables:
            own = observable.measure(self.theory, field)
            clash = set(own) & set(measured)
            if clash:
                raise ValueError(
                    f"observable {observable.name}: another one records {sorted(clash)[0]} too"
                )
            measured |= own
        return measured

    def results(self, series: SeriesByName) -> dict[str, GammaResult]:
        """All results with errors, in the order of the observables and their quantities."""
        found: dict[str, GammaResult] = {}
        for observable in self.observables:
            own = observable.results(self.theory, series)
            names = [quantity.name for quantity in observable.quantities]
            found |= {name: own[name] for name in names if name in own}
        return found

    def doubts(self, series: SeriesByName) -> list[Doubt]:
        """What the series themselves say against the results."""
        return [d for one in self.observables for d in one.doubts(self.theory, series)]
