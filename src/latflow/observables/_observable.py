"""What it takes to be an observable: how it is measured, what follows, and how it is written."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, PyTree, Shaped

from latflow.analysis import GammaResult, KnownNumber, VectorFunction, VectorGradient

Measurements = dict[str, Float[Array, "..."]]
SeriesByName = Mapping[str, Shaped[np.ndarray, "chains samples *rest"]]


@runtime_checkable
class MeasuredTheory(Protocol):
    """What observables need of a theory."""

    @property
    def space(self) -> Any:
        """The field space, which has a ``lattice``."""

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries of the action."""
        ...

    def action(self, field: Any) -> Float[Array, ""]:
        """The action of one configuration."""
        ...

    def force(self, field: Any) -> Any:
        """Minus the gradient of the action."""


@dataclass(frozen=True)
class Quantity:
    """One result, as people see it.

    Attributes:
        name: as in summaries and files.
        html: its symbol in HTML.
        tex: its symbol in Matplotlib's mathematics, without dollar signs.
        words: what it is, in a few words.
        unit: in words; empty for what has none, in lattice units.
        vanishes_under: a symmetry of the theory that makes it zero.
        identity: the value that it has for every exact sampler, if there is one.
        of_the_kernel: whether it is a property of the kernel, not of the theory.
    """

    name: str
    html: str
    tex: str
    words: str
    unit: str = ""
    vanishes_under: str | None = None
    identity: float | None = None
    of_the_kernel: bool = False


@dataclass(frozen=True)
class SlowSeries:
    """A function of one configuration whose memory decides what an independent sample costs.

    Attributes:
        name: of the quantity that its mean makes.
        html, tex, words: as of :class:`Quantity`, of one configuration's value.
        of: from all measured series to one of shape (chains, samples).
    """

    name: str
    html: str
    tex: str
    words: str
    of: Callable[[SeriesByName], Float[np.ndarray, "chains samples"]]


@dataclass(frozen=True)
class OddSeries:
    """A function of one configuration whose mean is zero by a symmetry of the action.

    Where draws of a model, with their weights, have another mean, the model leaves out a part of
    the theory, and nothing else tells: neither the weights nor their effective number.

    Attributes:
        name: of the quantity that its mean makes.
        words: what it is.
        symmetry: the name of the symmetry.
        of: from all measured series to one of shape (chains, samples).
    """

    name: str
    words: str
    symmetry: str
    of: Callable[[SeriesByName], Float[np.ndarray, "chains samples"]]


@dataclass(frozen=True)
class VectorQuantity:
    """Several results that belong together, so that their covariance matters to whoever fits them.

    Attributes:
        name: as in summaries.
        html, tex, words: as of :class:`Quantity`, of any of the entries.
        axis: names of what an entry stands at, such as ``("t",)``.
        at: what each entry stands at, one whole number for every axis.
        of: from all measured series to one of shape (chains, samples, primaries).
        depends_on: results: where one of them is in doubt, so is this.
        function, gradient: from the means of ``of`` to the entries; where they are these means,
            neither is given.
    """

    name: str
    html: str
    tex: str
    words: str
    axis: tuple[str, ...]
    at: tuple[tuple[int, ...], ...]
    of: Callable[[SeriesByName], Float[np.ndarray, "chains samples primaries"]]
    depends_on: tuple[str, ...] = ()
    function: VectorFunction | None = None
    gradient: VectorGradient | None = None


@dataclass(frozen=True)
class SlowVector:
    """Functions of one configuration that differ in a place only, each with a memory of its own.

    The autocorrelation time of every entry is measured: which is the slowest, and what does an
    independent sample of it cost?

    Attributes:
        name: of the quantities that their means make.
        html, tex, words: as of :class:`Quantity`, of one configuration's value of any entry.
        entry: what one of them is called: "mode".
        axis: names of what an entry stands at, such as ``("n_1", "n_2")``.
        at: what each entry stands at, one whole number for every axis.
        named: entries that are looked at whether or not they are the slowest: name and number.
        of: from all measured series to one of shape (chains, samples, entries).
    """

    name: str
    html: str
    tex: str
    words: str
    entry: str
    axis: tuple[str, ...]
    at: tuple[tuple[int, ...], ...]
    named: tuple[tuple[str, int], ...]
    of: Callable[[SeriesByName], Shaped[np.ndarray, "chains samples entries"]]

    @property
    def slowest(self) -> str:
        """What the slowest entry is called."""
        return f"slowest {self.entry}"


@dataclass(frozen=True)
class Doubt:
    """A reason not to believe some results of a chain.

    Attributes:
        sentence: what was seen, "title: what it means and what to do".
        quantities: names of results that then have no error, no pull and no cost.
        tau_at_least: lower bound on their autocorrelation time in samples, if that is known.
    """

    sentence: str
    quantities: tuple[str, ...] = ()
    tau_at_least: float | None = None


class Observable(eqx.Module):
    """Something that is measured on configurations of a theory.

    A new one is a class with a name. Several numbers that share work, or results that share
    series, are one observable.
    """

    name: ClassVar[str]

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that show it in a report, in order."""
        return ()

    @property
    @abstractmethod
    def quantities(self) -> tuple[Quantity, ...]:
        """All results that it may have, in the order of tables."""

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """The series whose autocorrelation counts for costs and scans."""
        return ()

    @property
    def odd(self) -> tuple[OddSeries, ...]:
        """Series that a symmetry makes vanish: by default the slow ones of such quantities."""
        symmetries = {q.name: q.vanishes_under for q in self.quantities}
        return tuple(
            OddSeries(series.name, series.words, symmetry, series.of)
            for series in self.slow
            if (symmetry := symmetries.get(series.name)) is not None
        )

    def vectors(self, theory: MeasuredTheory) -> tuple[VectorQuantity, ...]:
        """Results that are vectors, with their covariance: for fits."""
        return ()

    def slow_vectors(self, theory: MeasuredTheory) -> tuple[SlowVector, ...]:
        """Vectors of series whose autocorrelation is measured entry by entry."""
        return ()

    @abstractmethod
    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """What is recorded of one configuration, by name; names differ between observables."""

    @abstractmethod
    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """The quantities that the series allow, with errors. NaN for what is not defined."""

    def doubts(self, theory: MeasuredTheory, series: SeriesByName) -> list[Doubt]:
        """What the series themselves say against the results."""
        return []


def known_by_principle(
    observables: tuple[Observable, ...], symmetries: frozenset[str]
) -> dict[str, KnownNumber]:
    """What symmetries and identities say about the quantities, whatever the theory's solution."""
    known = {}
    for observable in observables:
        for quantity in observable.quantities:
            if quantity.identity is not None:
                source = f"exact: {quantity.words}"
                known[quantity.name] = KnownNumber(quantity.identity, 0.0, source, quantity.name)
            elif quantity.vanishes_under in symmetries:
                source = "exact: symmetry of the action"
                known[quantity.name] = KnownNumber(0.0, 0.0, source, quantity.name)
    return known
