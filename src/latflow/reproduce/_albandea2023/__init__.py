"""Learning trivializing flows from coarser lattices: the simulations of Albandea et al."""

from latflow.reproduce._albandea2023._cascade import Albandea2023Cascade as Albandea2023Cascade
from latflow.reproduce._albandea2023._hmc import Albandea2023HMC as Albandea2023HMC
from latflow.reproduce._albandea2023._recipe import Albandea2023 as Albandea2023
