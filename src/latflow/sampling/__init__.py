"""Sampling: the driver of many chains, and the Markov kernels that draw on a model.

A new kernel is one module with a :class:`~latflow.kernels.Kernel` and its settings, and one entry
in ``KERNELS`` or in the entry points ``latflow.parts`` of an installed package.
"""

from latflow.kernels import CLASSICAL_KERNELS, KernelSettings
from latflow.parts import registered
from latflow.sampling._chain import Segment as Segment
from latflow.sampling._chain import compile_segment as compile_segment
from latflow.sampling._chain import compile_start as compile_start
from latflow.sampling._chain import run_segment as run_segment
from latflow.sampling._chain import start_chains as start_chains
from latflow.sampling._flow_local import FlowLocal as FlowLocal
from latflow.sampling._flow_local import FlowLocalSettings as FlowLocalSettings
from latflow.sampling._independence import Independence as Independence
from latflow.sampling._independence import IndependenceSettings as IndependenceSettings
from latflow.sampling._pieces import Pieces as Pieces
from latflow.sampling._pieces import run_in_pieces as run_in_pieces
from latflow.sampling._regenerate import held_steps as held_steps
from latflow.sampling._regenerate import regenerated as regenerated
from latflow.sampling._warm_up import history_every as history_every
from latflow.sampling._warm_up import warm_up as warm_up
from latflow.sampling._warm_up import warm_up_round as warm_up_round
from latflow.sampling.latent import BlockUpdating as BlockUpdating
from latflow.sampling.latent import BlockUpdatingSettings as BlockUpdatingSettings
from latflow.sampling.latent import CrankNicolson as CrankNicolson
from latflow.sampling.latent import CrankNicolsonSettings as CrankNicolsonSettings
from latflow.sampling.latent import FlowHMC as FlowHMC
from latflow.sampling.latent import FlowHMCSettings as FlowHMCSettings
from latflow.sampling.latent import PriorMass as PriorMass
from latflow.sampling.latent import Rotation as Rotation
from latflow.sampling.latent import RotationHMC as RotationHMC
from latflow.sampling.latent import RotationHMCSettings as RotationHMCSettings
from latflow.sampling.replicas import FlowExchangeSettings as FlowExchangeSettings
from latflow.sampling.replicas import ReplicaExchange as ReplicaExchange
from latflow.sampling.replicas import ReplicaExchangeSettings as ReplicaExchangeSettings
from latflow.sampling.replicas import Switching as Switching
from latflow.sampling.replicas import SwitchingSettings as SwitchingSettings
from latflow.sampling.replicas import Walks as Walks
from latflow.sampling.replicas import walks as walks

KERNELS: tuple[type[KernelSettings], ...] = (
    *CLASSICAL_KERNELS,
    IndependenceSettings,
    BlockUpdatingSettings,
    FlowLocalSettings,
    FlowHMCSettings,
    CrankNicolsonSettings,
    RotationHMCSettings,
    ReplicaExchangeSettings,
    FlowExchangeSettings,
    SwitchingSettings,
)
"""Those that come with latflow."""


def known_kernels() -> tuple[type[KernelSettings], ...]:
    """The settings of all kernels that a configuration may name."""
    return tuple(settings.with_parts() for settings in registered(KernelSettings, KERNELS))
