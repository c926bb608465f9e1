"""Easy densities: where a flow starts.

A new prior is one module with a :class:`Prior` and its settings, and one entry in ``PRIORS`` or
in the entry points ``latflow.parts`` of an installed package.
"""

from latflow.parts import registered
from latflow.priors._copies import IndependentCopies as IndependentCopies
from latflow.priors._ensemble import EnsemblePrior as EnsemblePrior
from latflow.priors._ensemble_settings import EnsembleSettings as EnsembleSettings
from latflow.priors._ensemble_settings import InterleavedSettings as InterleavedSettings
from latflow.priors._gaussian import FreeField as FreeField
from latflow.priors._gaussian import FreeFieldSettings as FreeFieldSettings
from latflow.priors._gaussian import IndependentNormal as IndependentNormal
from latflow.priors._gaussian import IndependentNormalSettings as IndependentNormalSettings
from latflow.priors._gaussian_prior import GaussianPrior as GaussianPrior
from latflow.priors._pool import ConfigurationPool as ConfigurationPool
from latflow.priors._pool_settings import PoolSettings as PoolSettings
from latflow.priors._prior import Prior as Prior
from latflow.priors._prior import PriorSettings as PriorSettings
from latflow.priors._two_peaked import TwoPeakedField as TwoPeakedField
from latflow.priors._two_peaked import TwoPeakedFieldSettings as TwoPeakedFieldSettings
from latflow.priors._uniform import Uniform as Uniform
from latflow.priors._uniform import UniformSettings as UniformSettings
from latflow.priors.gauge import ExactPlaquettes as ExactPlaquettes
from latflow.priors.gauge import ExactPlaquettesSettings as ExactPlaquettesSettings
from latflow.priors.gauge import FreePlaquettes as FreePlaquettes
from latflow.priors.gauge import FreePlaquettesSettings as FreePlaquettesSettings
from latflow.priors.gauge import SpreadPlaquettesPrior as SpreadPlaquettesPrior
from latflow.priors.gauge import SpreadPlaquettesSettings as SpreadPlaquettesSettings

PRIORS: tuple[type[PriorSettings], ...] = (
    IndependentNormalSettings,
    FreeFieldSettings,
    TwoPeakedFieldSettings,
    UniformSettings,
    EnsembleSettings,
    InterleavedSettings,
    FreePlaquettesSettings,
    SpreadPlaquettesSettings,
    ExactPlaquettesSettings,
)
"""Those that come with latflow."""


def known_priors() -> tuple[type[PriorSettings], ...]:
    """The settings of all priors that a configuration may name."""
    return tuple(settings.with_parts() for settings in registered(PriorSettings, PRIORS))
