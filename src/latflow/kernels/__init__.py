"""Markov kernels that need no model: pure steps that leave a theory's weight invariant.

A new kernel is one module with a :class:`Kernel` and its settings, and one entry in
``CLASSICAL_KERNELS`` or in the entry points ``latflow.parts`` of an installed package.
"""

from latflow.kernels._accept import accept as accept
from latflow.kernels._accept import log_uniform as log_uniform
from latflow.kernels._accept import select as select
from latflow.kernels._cycle import Cycle as Cycle
from latflow.kernels._exact_draws import DrawnExactly as DrawnExactly
from latflow.kernels._exact_draws import ExactDraws as ExactDraws
from latflow.kernels._exact_draws import ExactDrawsSettings as ExactDrawsSettings
from latflow.kernels._hmc import HMC as HMC
from latflow.kernels._hmc import FourierHMCSettings as FourierHMCSettings
from latflow.kernels._hmc import HMCSettings as HMCSettings
from latflow.kernels._hmc import HMCState as HMCState
from latflow.kernels._kernel import Info as Info
from latflow.kernels._kernel import Kernel as Kernel
from latflow.kernels._kernel import KernelSettings as KernelSettings
from latflow.kernels._kernel import Measure as Measure
from latflow.kernels._kernel import Start as Start
from latflow.kernels._kernel import State as State
from latflow.kernels._kernel import describe as describe
from latflow.kernels._tuning import step_size_factor as step_size_factor
from latflow.kernels.gauge import HeatBath as HeatBath
from latflow.kernels.gauge import HeatBathSettings as HeatBathSettings
from latflow.kernels.gauge import InstantonSettings as InstantonSettings
from latflow.kernels.gauge import InstantonUpdate as InstantonUpdate
from latflow.kernels.gauge import instanton as instanton
from latflow.kernels.scalar import BlackJAX as BlackJAX
from latflow.kernels.scalar import BlackJAXSettings as BlackJAXSettings
from latflow.kernels.scalar import ClusterFlips as ClusterFlips
from latflow.kernels.scalar import ClusterSettings as ClusterSettings
from latflow.kernels.scalar import MarginalHMC as MarginalHMC
from latflow.kernels.scalar import MarginalHMCSettings as MarginalHMCSettings
from latflow.kernels.scalar import Metropolis as Metropolis
from latflow.kernels.scalar import MetropolisSettings as MetropolisSettings
from latflow.kernels.scalar import Update as Update
from latflow.kernels.spins import ClusterReflections as ClusterReflections
from latflow.kernels.spins import SpinClusterSettings as SpinClusterSettings

CLASSICAL_KERNELS: tuple[type[KernelSettings], ...] = (
    HMCSettings,
    FourierHMCSettings,
    MarginalHMCSettings,
    MetropolisSettings,
    ClusterSettings,
    HeatBathSettings,
    InstantonSettings,
    SpinClusterSettings,
    ExactDrawsSettings,
    BlackJAXSettings,
)
