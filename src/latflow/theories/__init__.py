"""Lattice theories: what is right.

A new theory is one module with a :class:`Theory` and its settings, and one entry in ``THEORIES``
or in the entry points ``latflow.parts`` of an installed package.
"""

from latflow.parts import registered
from latflow.theories._interpolation import Interpolation as Interpolation
from latflow.theories._theory import Coupling as Coupling
from latflow.theories._theory import Extents as Extents
from latflow.theories._theory import Theory as Theory
from latflow.theories._theory import TheorySettings as TheorySettings
from latflow.theories._theory import coupling as coupling
from latflow.theories._theory import is_number as is_number
from latflow.theories.gauge import SU2GaugeSettings as SU2GaugeSettings
from latflow.theories.gauge import SU3GaugeSettings as SU3GaugeSettings
from latflow.theories.gauge import SUGauge as SUGauge
from latflow.theories.gauge import U1Gauge as U1Gauge
from latflow.theories.gauge import U1GaugeSettings as U1GaugeSettings
from latflow.theories.scalar import FreeScalar as FreeScalar
from latflow.theories.scalar import FreeScalarSettings as FreeScalarSettings
from latflow.theories.scalar import Marginal as Marginal
from latflow.theories.scalar import Phi4 as Phi4
from latflow.theories.scalar import Phi4Settings as Phi4Settings
from latflow.theories.spins import CPModel as CPModel
from latflow.theories.spins import CPSettings as CPSettings
from latflow.theories.spins import ONModel as ONModel
from latflow.theories.spins import ONSettings as ONSettings

THEORIES: tuple[type[TheorySettings], ...] = (
    Phi4Settings,
    FreeScalarSettings,
    U1GaugeSettings,
    SU2GaugeSettings,
    SU3GaugeSettings,
    ONSettings,
    CPSettings,
)
"""Those that come with latflow."""


def known_theories() -> tuple[type[TheorySettings], ...]:
    """The settings of all theories that a configuration may name."""
    return registered(TheorySettings, THEORIES)
