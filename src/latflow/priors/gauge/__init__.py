"""Densities of gauge fields in two dimensions that start from independent plaquettes."""

from latflow.priors.gauge._exact import ExactPlaquettes as ExactPlaquettes
from latflow.priors.gauge._exact import ExactPlaquettesSettings as ExactPlaquettesSettings
from latflow.priors.gauge._free import FreePlaquettes as FreePlaquettes
from latflow.priors.gauge._free import FreePlaquettesSettings as FreePlaquettesSettings
from latflow.priors.gauge._matrices import MatrixPlaquettePrior as MatrixPlaquettePrior
from latflow.priors.gauge._plaquettes import PlaquettePrior as PlaquettePrior
from latflow.priors.gauge._plaquettes import PlaquettePriorSettings as PlaquettePriorSettings
from latflow.priors.gauge._spread import SpreadPlaquettesPrior as SpreadPlaquettesPrior
from latflow.priors.gauge._spread import SpreadPlaquettesSettings as SpreadPlaquettesSettings
