"""One sublattice given another: drawn exactly, or as in a Gaussian field."""

from latflow.flows.elimination._even_spectrum import EvenPowerSpectrum as EvenPowerSpectrum
from latflow.flows.elimination._even_spectrum import (
    EvenPowerSpectrumSettings as EvenPowerSpectrumSettings,
)
from latflow.flows.elimination._even_spectrum import even_momentum as even_momentum
from latflow.flows.elimination._exact_odd_sites import ExactOddSites as ExactOddSites
from latflow.flows.elimination._exact_odd_sites import (
    ExactOddSitesSettings as ExactOddSitesSettings,
)
from latflow.flows.elimination._finer_spectrum import FinerPowerSpectrum as FinerPowerSpectrum
from latflow.flows.elimination._finer_spectrum import (
    FinerPowerSpectrumSettings as FinerPowerSpectrumSettings,
)
from latflow.flows.elimination._pair_averages import PairAverages as PairAverages
from latflow.flows.elimination._pair_averages import PairAveragesSettings as PairAveragesSettings
