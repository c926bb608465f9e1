"""The topological charge, how often it changes, and what to say of a chain where it never did."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from latflow.analysis import GammaResult, gamma_method
from latflow.observables._observable import (
    Doubt,
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)

_QUANTITIES = (
    Quantity(
        "q",
        "⟨<i>Q</i>⟩",
        r"\langle Q\rangle",
        "topological charge",
        vanishes_under="charge-conjugation",
    ),
    Quantity("q2", "⟨<i>Q</i><sup>2</sup>⟩", r"\langle Q^2\rangle", "mean square charge"),
    Quantity("chi_t", "χ<sub>t</sub>", r"\chi_t", "topological susceptibility ⟨Q²⟩/V"),
    Quantity(
        "tunnelling_rate",
        "<i>r</i><sub>Q</sub>",
        "r_Q",
        "fraction of samples with another charge than the one before",
        of_the_kernel=True,
    ),
)


@runtime_checkable
class ChargedSpace(Protocol):
    """A field space whose fields have a topological charge."""

    def topological_charge(self, field: Any) -> Float[Array, ""]:
        """Q of one configuration, an integer or near one."""
        ...


class TopologicalCharge(Observable):
    """Q of every configuration: ``q``, ``q2`` = <Q^2>, ``chi_t`` = <Q^2> / V, and its changes.

    ``tunnelling_rate`` is the fraction of samples whose charge, to the nearest integer, is not
    that of the sample before in the chain.

    The charge is what the field space says; a theory that knows better overrides :meth:`charge`
    in a class of its own.
    """

    name = "topological-charge"

    @property
    def figures(self) -> tuple[str, ...]:
        """History and histogram."""
        return ("topological-charge",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Moments, and the rate of changes."""
        return _QUANTITIES

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """Q and its square."""
        square = "square of the topological charge"
        return (
            SlowSeries("q", "<i>Q</i>", "Q", "topological charge", _charge),
            SlowSeries(
                "q2", "<i>Q</i><sup>2</sup>", "Q^2", square, lambda series: _charge(series) ** 2
            ),
        )

    def charge(self, theory: MeasuredTheory, field: PyTree[Array]) -> Float[Array, ""]:
        """Q of one configuration."""
        space: ChargedSpace = theory.space
        return space.topological_charge(field)

    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """``q``."""
        return {"q": self.charge(theory, field)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """Plain means."""
        if "q" not in series:
            return {}
        q = _charge(series)
        found = {
            "q": gamma_method(q),
            "q2": gamma_method(q * q),
            "chi_t": gamma_method(q * q / theory.space.lattice.volume),
        }
        if q.shape[1] > 1:
            found["tunnelling_rate"] = gamma_method(_changes(q).astype(np.float64))
        return found

    def doubts(self, theory: MeasuredTheory, series: SeriesByName) -> list[Doubt]:
        """Chains that never left the sector they started in."""
        if "q" not in series:
            return []
        changes = _changes(_charge(series))
        chains, samples = changes.shape[0], changes.shape[1] + 1
        frozen = int(np.sum(~changes.any(axis=1)))
        if not frozen:
            return []
        names = tuple(quantity.name for quantity in _QUANTITIES)
        if frozen == chains:
            total = chains * samples
            return [
                Doubt(
                    f"the topological charge is frozen: it never changed in {total} samples of "
                    f"{_chains(chains)}, so its autocorrelation time is of the order of {total} "
                    "samples at least; the results that depend on it have no error: use a kernel "
                    "that changes the sector, or run far longer",
                    names,
                    float(total),
                )
            ]
        return [
            Doubt(
                f"the topological charge is frozen in {frozen} of {chains} chains: it never "
                f"changed in their {samples} samples, so its autocorrelation time is of the order "
                f"of {samples} samples at least; the results that depend on it have no error: use "
                "a kernel that changes the sector more often, or run longer",
                names,
                float(samples),
            )
        ]


def _charge(series: SeriesByName) -> Float[np.ndarray, "chains samples"]:
    return np.asarray(series["q"], dtype=np.float64)


def _changes(q: Float[np.ndarray, "chains samples"]) -> Bool[np.ndarray, "chains changes"]:
    """Whether the charge differs from that of the sample before, to the nearest integer."""
    return np.diff(np.rint(q), axis=1) != 0


def _chains(count: int) -> str:
    return "1 chain" if count == 1 else f"{count} chains"
