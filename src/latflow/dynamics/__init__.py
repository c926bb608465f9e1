"""Hamiltonian dynamics: kinetic energies and symplectic integrators, for samplers and training."""

from latflow.dynamics._integrators import INTEGRATORS as INTEGRATORS
from latflow.dynamics._integrators import Integrator as Integrator
from latflow.dynamics._integrators import IntegratorName as IntegratorName
from latflow.dynamics._integrators import fourth_order as fourth_order
from latflow.dynamics._integrators import leapfrog as leapfrog
from latflow.dynamics._integrators import omelyan as omelyan
from latflow.dynamics._integrators import scaled as scaled
from latflow.dynamics._kinetic import FourierMass as FourierMass
from latflow.dynamics._kinetic import KineticEnergy as KineticEnergy
from latflow.dynamics._kinetic import UnitMass as UnitMass
