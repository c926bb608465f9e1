"""Easy densities: where a flow starts.

A new prior is one module with a :class:`Prior` and its settings, and one entry in ``PRIORS``.
"""

from typing import Annotated

from pydantic import Field

from latflow.priors._copies import IndependentCopies as IndependentCopies
from latflow.priors._ensemble import EnsemblePrior as EnsemblePrior
from latflow.priors._ensemble import pooled as pooled
from latflow.priors._ensemble import youngest as youngest
from latflow.priors._ensemble_settings import EnsembleSettings as EnsembleSettings
from latflow.priors._ensemble_settings import InterleavedSettings as InterleavedSettings
from latflow.priors._gaussian import FreeField as FreeField
from latflow.priors._gaussian import FreeFieldSettings as FreeFieldSettings
from latflow.priors._gaussian import IndependentNormal as IndependentNormal
from latflow.priors._gaussian import IndependentNormalSettings as IndependentNormalSettings
from latflow.priors._pool_settings import PoolSettings as PoolSettings
from latflow.priors._prior import Prior as Prior

PRIORS = (IndependentNormalSettings, FreeFieldSettings, EnsembleSettings, InterleavedSettings)

PriorSettings = Annotated[
    IndependentNormalSettings | FreeFieldSettings | EnsembleSettings | InterleavedSettings,
    Field(discriminator="kind"),
]
