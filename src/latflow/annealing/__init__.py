"""Annealing: easy draws carried to a target by Markov steps, flows and changes of the theory."""

from latflow.annealing._annealed import Annealed as Annealed
from latflow.annealing._annealed import Trajectory as Trajectory
from latflow.annealing._annealed import stacked as stacked
from latflow.annealing._path import Geometric as Geometric
from latflow.annealing._path import OfCouplings as OfCouplings
from latflow.annealing._path import OfModel as OfModel
from latflow.annealing._path import Path as Path
from latflow.annealing._population import Particles as Particles
from latflow.annealing._population import Passage as Passage
from latflow.annealing._population import Population as Population
from latflow.annealing._population import systematic as systematic
from latflow.annealing._protocol import Placement as Placement
from latflow.annealing._protocol import Protocol as Protocol
from latflow.annealing._protocol import friction as friction
from latflow.annealing._protocol import of_even_variance as of_even_variance
from latflow.annealing._protocol import power_protocol as power_protocol
from latflow.annealing._settings import AnnealingSettings as AnnealingSettings
from latflow.annealing._settings import BackwardSettings as BackwardSettings
from latflow.annealing._settings import DriftSettings as DriftSettings
from latflow.annealing._transport import Transported as Transported
