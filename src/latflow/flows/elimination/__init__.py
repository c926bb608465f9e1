"""Exact sampling of one sublattice given the other, as a layer of a flow."""

from latflow.flows.elimination._even_spectrum import EvenPowerSpectrum as EvenPowerSpectrum
from latflow.flows.elimination._even_spectrum import (
    EvenPowerSpectrumSettings as EvenPowerSpectrumSettings,
)
from latflow.flows.elimination._even_spectrum import even_momentum as even_momentum
from latflow.flows.elimination._exact_odd_sites import ExactOddSites as ExactOddSites
from latflow.flows.elimination._exact_odd_sites import (
    ExactOddSitesSettings as ExactOddSitesSettings,
)
