"""Figures for reports and papers.

Every function takes plain results and returns a Figure. Every :class:`FigurePart` makes one of a
whole run, and says what it serves: observables ask for figures by the names in ``FIGURES``. This
is the one room of the reports that knows kinds of fields and observables.
"""

from latflow.reports.figures._part import Drawing as Drawing
from latflow.reports.figures._part import FigurePart as FigurePart
from latflow.reports.figures._registry import FIGURES as FIGURES
from latflow.reports.figures._registry import drawings as drawings
from latflow.reports.figures._registry import known_figures as known_figures
from latflow.reports.figures._registry import shown_figures as shown_figures
from latflow.reports.figures._registry import unknown_figures as unknown_figures
from latflow.reports.figures.always import CostLine as CostLine
from latflow.reports.figures.always import DerivativePoint as DerivativePoint
from latflow.reports.figures.always import LadderCurves as LadderCurves
from latflow.reports.figures.always import LayerTarget as LayerTarget
from latflow.reports.figures.always import PathCurve as PathCurve
from latflow.reports.figures.always import autocorrelation as autocorrelation
from latflow.reports.figures.always import break_even as break_even
from latflow.reports.figures.always import configurations as configurations
from latflow.reports.figures.always import derivatives as derivatives
from latflow.reports.figures.always import energy_violation as energy_violation
from latflow.reports.figures.always import layer_target as layer_target
from latflow.reports.figures.always import layers as layers
from latflow.reports.figures.always import mean_exponential as mean_exponential
from latflow.reports.figures.always import replica_exchange as replica_exchange
from latflow.reports.figures.always import replica_walks as replica_walks
from latflow.reports.figures.always import shown_stages as shown_stages
from latflow.reports.figures.always import thermodynamics as thermodynamics
from latflow.reports.figures.always import training_curves as training_curves
from latflow.reports.figures.always import weights as weights
from latflow.reports.figures.always import works as works
from latflow.reports.figures.look import BLACK as BLACK
from latflow.reports.figures.look import BLUE as BLUE
from latflow.reports.figures.look import GREEN as GREEN
from latflow.reports.figures.look import GREY as GREY
from latflow.reports.figures.look import HEIGHT as HEIGHT
from latflow.reports.figures.look import ORANGE as ORANGE
from latflow.reports.figures.look import PURPLE as PURPLE
from latflow.reports.figures.look import SKY as SKY
from latflow.reports.figures.look import VERMILION as VERMILION
from latflow.reports.figures.look import WIDTH as WIDTH
from latflow.reports.figures.look import SeriesStyle as SeriesStyle
from latflow.reports.figures.look import Styles as Styles
from latflow.reports.figures.look import logarithmic as logarithmic
from latflow.reports.figures.look import new_figure as new_figure
from latflow.reports.figures.look import note as note
from latflow.reports.figures.look import series_styles as series_styles
from latflow.reports.figures.look import style as style
from latflow.reports.figures.look import styled as styled
from latflow.reports.figures.look import to_svg as to_svg
from latflow.reports.figures.maps import FIELD_MAPS as FIELD_MAPS
from latflow.reports.figures.maps import FieldMap as FieldMap
from latflow.reports.figures.maps import MapLook as MapLook
from latflow.reports.figures.maps import map_of as map_of
from latflow.reports.figures.measured import CorrelatorCurves as CorrelatorCurves
from latflow.reports.figures.measured import LoopPoints as LoopPoints
from latflow.reports.figures.measured import ModeMemory as ModeMemory
from latflow.reports.figures.measured import Spectrum as Spectrum
from latflow.reports.figures.measured import correlator as correlator
from latflow.reports.figures.measured import correlator_curves as correlator_curves
from latflow.reports.figures.measured import free_spectrum as free_spectrum
from latflow.reports.figures.measured import history as history
from latflow.reports.figures.measured import magnetisation as magnetisation
from latflow.reports.figures.measured import modes as modes
from latflow.reports.figures.measured import plateau_window as plateau_window
from latflow.reports.figures.measured import power_spectrum as power_spectrum
from latflow.reports.figures.measured import spectrum_of as spectrum_of
from latflow.reports.figures.measured import topological_charge as topological_charge
from latflow.reports.figures.measured import wilson_loops as wilson_loops
