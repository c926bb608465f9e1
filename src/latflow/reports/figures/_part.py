"""What a figure of a report is: a part that says what it serves."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Shaped
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures.look import SeriesStyle, series_styles


class Drawing(NamedTuple):
    """A figure, and what to look for in it."""

    figure: Figure
    caption: Markup


class FigurePart(ABC):
    """One figure of a report.

    An observable asks for figures by name; those that are ``always`` drawn are about chains and
    training, whatever the theory. A figure leaves out what a run does not have.

    Attributes:
        name: what observables call it, and the identifier of its place in the page.
        title: its heading.
        serves: names of the recorded series, and kinds of fields, that it can draw; empty for
            figures that know no theory.
        always: whether it is drawn without an observable that names it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    serves: ClassVar[tuple[str, ...]] = ()
    always: ClassVar[bool] = False

    @abstractmethod
    def draw(self, report: RunReport) -> Drawing | None:
        """The figure of a run; ``None`` where it has nothing to draw."""


def styles_of(report: RunReport) -> dict[str, SeriesStyle]:
    """A chain looks the same in all figures, whether or not it is in each of them."""
    return series_styles(chain.name for chain in report.chains)


def finite_series(
    report: RunReport, name: str, only_results: bool = False
) -> dict[str, Shaped[np.ndarray, "chains samples ..."]]:
    """A recorded series by chain, of those that have it and nothing in it that is not finite.

    Args:
        report: the run.
        name: of the series.
        only_results: for figures that compute numbers: leave out the chains that have none.
    """
    chains = [chain for chain in report.chains if not (only_results and chain.has_no_result)]
    found = {chain.name: chain.measurements.get(name) for chain in chains}
    return {k: v for k, v in found.items() if v is not None and np.isfinite(v).all()}


def thinning(report: RunReport, names: set[str]) -> str:
    """How many transitions lie between samples, in words; empty if none are left out."""
    parts = [f"{c.name}: {c.thin}" for c in report.chains if c.thin > 1 and c.name in names]
    return f" (transitions per sample: {', '.join(parts)})" if parts else ""
