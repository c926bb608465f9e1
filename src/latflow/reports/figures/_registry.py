"""All figures, and which of them a report shows in which order."""

from collections.abc import Iterator

from latflow.parts import registered
from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.always import (
    AcceptanceFigure,
    AutocorrelationFigure,
    ConfigurationsFigure,
    CostFigure,
    DerivativesFigure,
    EnergyViolationFigure,
    LayersFigure,
    ReplicaExchangeFigure,
    ReplicaWalksFigure,
    ThermalisationFigure,
    ThermodynamicsFigure,
    TrainingFigure,
    WeightsFigure,
    WorksFigure,
)
from latflow.reports.figures.measured import (
    CorrelatorFigure,
    HistoryFigure,
    MagnetisationFigure,
    ModesFigure,
    SpectrumFigure,
    TopologicalChargeFigure,
    WilsonLoopsFigure,
)

_ABOUT_TRAINING: tuple[type[FigurePart], ...] = (
    TrainingFigure,
    WeightsFigure,
    WorksFigure,
    LayersFigure,
)
_OF_OBSERVABLES: tuple[type[FigurePart], ...] = (
    MagnetisationFigure,
    CorrelatorFigure,
    SpectrumFigure,
    ModesFigure,
    WilsonLoopsFigure,
    TopologicalChargeFigure,
    HistoryFigure,
)
_ABOUT_CHAINS: tuple[type[FigurePart], ...] = (
    ConfigurationsFigure,
    ThermalisationFigure,
    AutocorrelationFigure,
    AcceptanceFigure,
    EnergyViolationFigure,
    ReplicaExchangeFigure,
    ReplicaWalksFigure,
    ThermodynamicsFigure,
    DerivativesFigure,
    CostFigure,
)

FIGURES: tuple[type[FigurePart], ...] = (*_ABOUT_TRAINING, *_OF_OBSERVABLES, *_ABOUT_CHAINS)
"""Those that come with latflow; installed packages may add some, as :mod:`latflow.parts`."""


def known_figures() -> dict[str, type[FigurePart]]:
    """All figures by the name that observables ask for."""
    return {figure.name: figure for figure in registered(FigurePart, FIGURES)}


def drawings(report: RunReport) -> Iterator[tuple[type[FigurePart], Drawing]]:
    """The figures of a report in order: of training, of its observables, of its chains.

    What no observable names and is not drawn always is left out, and so is what a run does not
    hold.
    """
    for part in shown_figures(report):
        drawing = part().draw(report)
        if drawing is not None:
            yield part, drawing


def shown_figures(report: RunReport) -> list[type[FigurePart]]:
    """The parts that a report asks for, in order."""
    known = known_figures()
    asked = [known[name] for name in dict.fromkeys(asked_for(report)) if name in known]
    always = [part for part in known.values() if part.always]
    first = [part for part in always if part in _ABOUT_TRAINING]
    last = [part for part in always if part not in _ABOUT_TRAINING]
    return [*first, *(part for part in asked if not part.always), *last]


def unknown_figures(report: RunReport) -> list[str]:
    """Names that observables ask for and nobody has."""
    known = known_figures()
    return [name for name in dict.fromkeys(asked_for(report)) if name not in known]


def asked_for(report: RunReport) -> Iterator[str]:
    """The names of figures that the observables ask for, as often as they do."""
    for observable in report.observables:
        yield from observable.figures
