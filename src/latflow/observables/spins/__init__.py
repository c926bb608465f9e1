"""Observables of spins: of fields with an order parameter that rotates."""

from latflow.observables.spins._charge import GeometricCharge as GeometricCharge
from latflow.observables.spins._correlator import SpinCorrelator as SpinCorrelator
from latflow.observables.spins._energy import LinkEnergy as LinkEnergy
from latflow.observables.spins._theory import ChargedTheory as ChargedTheory
from latflow.observables.spins._theory import SpinTheory as SpinTheory

SPIN_OBSERVABLES = (LinkEnergy(), SpinCorrelator(), GeometricCharge())
"""What a spin theory may measure, in the order of tables."""
