"""Figures that observables bring."""

from latflow.reports.figures.measured._correlator import correlator as correlator
from latflow.reports.figures.measured._correlator_curves import CorrelatorCurves as CorrelatorCurves
from latflow.reports.figures.measured._correlator_curves import (
    correlator_curves as correlator_curves,
)
from latflow.reports.figures.measured._correlator_curves import plateau_window as plateau_window
from latflow.reports.figures.measured._correlator_part import CorrelatorFigure as CorrelatorFigure
from latflow.reports.figures.measured._history import HistoryFigure as HistoryFigure
from latflow.reports.figures.measured._history import history as history
from latflow.reports.figures.measured._magnetisation import (
    MagnetisationFigure as MagnetisationFigure,
)
from latflow.reports.figures.measured._magnetisation import magnetisation as magnetisation
from latflow.reports.figures.measured._modes import ModeMemory as ModeMemory
from latflow.reports.figures.measured._modes import ModesFigure as ModesFigure
from latflow.reports.figures.measured._modes import modes as modes
from latflow.reports.figures.measured._spectrum import Spectrum as Spectrum
from latflow.reports.figures.measured._spectrum import free_spectrum as free_spectrum
from latflow.reports.figures.measured._spectrum import power_spectrum as power_spectrum
from latflow.reports.figures.measured._spectrum import spectrum_of as spectrum_of
from latflow.reports.figures.measured._spectrum_part import SpectrumFigure as SpectrumFigure
from latflow.reports.figures.measured._topological_charge import (
    TopologicalChargeFigure as TopologicalChargeFigure,
)
from latflow.reports.figures.measured._topological_charge import (
    topological_charge as topological_charge,
)
from latflow.reports.figures.measured._wilson_loops import LoopPoints as LoopPoints
from latflow.reports.figures.measured._wilson_loops import WilsonLoopsFigure as WilsonLoopsFigure
from latflow.reports.figures.measured._wilson_loops import wilson_loops as wilson_loops
