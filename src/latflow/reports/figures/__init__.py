"""Figures for reports and papers: every function takes plain results and returns a Figure."""

from latflow.reports.figures._autocorrelation import autocorrelation as autocorrelation
from latflow.reports.figures._break_even import CostLine as CostLine
from latflow.reports.figures._break_even import break_even as break_even
from latflow.reports.figures._configurations import configurations as configurations
from latflow.reports.figures._correlator import correlator as correlator
from latflow.reports.figures._correlator_curves import CorrelatorCurves as CorrelatorCurves
from latflow.reports.figures._correlator_curves import correlator_curves as correlator_curves
from latflow.reports.figures._energy_violation import energy_violation as energy_violation
from latflow.reports.figures._energy_violation import mean_exponential as mean_exponential
from latflow.reports.figures._layers import LayerTarget as LayerTarget
from latflow.reports.figures._layers import layers as layers
from latflow.reports.figures._layers import shown_stages as shown_stages
from latflow.reports.figures._magnetisation import magnetisation as magnetisation
from latflow.reports.figures._spectrum import Spectrum as Spectrum
from latflow.reports.figures._spectrum import free_spectrum as free_spectrum
from latflow.reports.figures._spectrum import power_spectrum as power_spectrum
from latflow.reports.figures._spectrum import spectrum_of as spectrum_of
from latflow.reports.figures._style import SeriesStyle as SeriesStyle
from latflow.reports.figures._style import new_figure as new_figure
from latflow.reports.figures._style import series_styles as series_styles
from latflow.reports.figures._style import style as style
from latflow.reports.figures._style import styled as styled
from latflow.reports.figures._svg import to_svg as to_svg
from latflow.reports.figures._training import training_curves as training_curves
from latflow.reports.figures._weights import weights as weights
