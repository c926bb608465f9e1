"""Sampling: Markov kernels that make any proposal exact, and the driver of many chains.

A new kernel is one module with a :class:`Kernel` and its settings, and one entry in ``KERNELS``.
"""

from latflow.dynamics import FourierMass as FourierMass
from latflow.dynamics import Integrator as Integrator
from latflow.dynamics import UnitMass as UnitMass
from latflow.dynamics import fourth_order as fourth_order
from latflow.dynamics import leapfrog as leapfrog
from latflow.dynamics import omelyan as omelyan
from latflow.sampling._block_updating import BlockUpdating as BlockUpdating
from latflow.sampling._block_updating import BlockUpdatingSettings as BlockUpdatingSettings
from latflow.sampling._chain import Segment as Segment
from latflow.sampling._chain import run_segment as run_segment
from latflow.sampling._chain import start_chains as start_chains
from latflow.sampling._cluster import ClusterFlips as ClusterFlips
from latflow.sampling._cluster_cycle import ClusterSettings as ClusterSettings
from latflow.sampling._cycle import Cycle as Cycle
from latflow.sampling._flow_hmc import FlowHMC as FlowHMC
from latflow.sampling._flow_hmc import FlowHMCSettings as FlowHMCSettings
from latflow.sampling._flow_local import FlowLocal as FlowLocal
from latflow.sampling._flow_local import FlowLocalSettings as FlowLocalSettings
from latflow.sampling._hmc import HMC as HMC
from latflow.sampling._hmc import FourierHMCSettings as FourierHMCSettings
from latflow.sampling._hmc import HMCSettings as HMCSettings
from latflow.sampling._independence import Independence as Independence
from latflow.sampling._independence import IndependenceSettings as IndependenceSettings
from latflow.sampling._kernel import Kernel as Kernel
from latflow.sampling._kernel import KernelSettings as KernelSettings
from latflow.sampling._kernel import describe as describe
from latflow.sampling._metropolis import Metropolis as Metropolis
from latflow.sampling._metropolis import MetropolisSettings as MetropolisSettings
from latflow.sampling._warm_up import warm_up as warm_up
from latflow.sampling._warm_up import warm_up_round as warm_up_round

KERNELS = (
    HMCSettings,
    FourierHMCSettings,
    MetropolisSettings,
    ClusterSettings,
    IndependenceSettings,
    BlockUpdatingSettings,
    FlowLocalSettings,
    FlowHMCSettings,
)
