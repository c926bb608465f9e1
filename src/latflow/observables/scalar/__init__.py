"""Observables of real scalar fields, with the definitions that the reference numbers use."""

from latflow.observables.scalar._correlator import TwoPoint as TwoPoint
from latflow.observables.scalar._correlator import power_spectrum as power_spectrum
from latflow.observables.scalar._correlator import second_moment_length as second_moment_length
from latflow.observables.scalar._local import LocalMoments as LocalMoments
from latflow.observables.scalar._magnetisation import Magnetisation as Magnetisation
from latflow.observables.scalar._modes import Modes as Modes
from latflow.observables.scalar._modes import mode_orbits as mode_orbits
from latflow.observables.scalar._modes import mode_power as mode_power

SCALAR_OBSERVABLES = (Magnetisation(), LocalMoments(), TwoPoint())
"""What a theory of one real scalar field measures, in the order of tables."""
