"""Figures that observables bring."""

from latflow.reports.figures.measured._correlator import correlator as correlator
from latflow.reports.figures.measured._correlator_curves import CorrelatorCurves as CorrelatorCurves
from latflow.reports.figures.measured._correlator_curves import (
    correlator_curves as correlator_curves,
)
from latflow.reports.figures.measured._correlator_curves import plateau_window as plateau_window
from latflow.reports.figures.measured._magnetisation import magnetisation as magnetisation
from latflow.reports.figures.measured._spectrum import Spectrum as Spectrum
from latflow.reports.figures.measured._spectrum import free_spectrum as free_spectrum
from latflow.reports.figures.measured._spectrum import power_spectrum as power_spectrum
from latflow.reports.figures.measured._spectrum import spectrum_of as spectrum_of
