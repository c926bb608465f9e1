"""Flows that act on the eigenvalues of loops: SU(N)."""

from latflow.flows.gauge.spectral._class_map import ClassMap as ClassMap
from latflow.flows.gauge.spectral._plaquette_spectral import (
    PlaquetteSpectral as PlaquetteSpectral,
)
from latflow.flows.gauge.spectral._plaquette_spectral import (
    PlaquetteSpectralSettings as PlaquetteSpectralSettings,
)
from latflow.flows.gauge.spectral._spectrum import Spectrum as Spectrum
from latflow.flows.gauge.spectral._spectrum import rebuilt as rebuilt
from latflow.flows.gauge.spectral._spectrum import spectrum_of as spectrum_of
