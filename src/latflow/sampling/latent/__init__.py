"""Kernels that move the latent variables of a model: docs/latent-kernels.md."""

from latflow.sampling.latent._block_updating import BlockUpdating as BlockUpdating
from latflow.sampling.latent._block_updating import BlockUpdatingSettings as BlockUpdatingSettings
from latflow.sampling.latent._crank_nicolson import CrankNicolson as CrankNicolson
from latflow.sampling.latent._crank_nicolson import CrankNicolsonSettings as CrankNicolsonSettings
from latflow.sampling.latent._flow_hmc import FlowHMC as FlowHMC
from latflow.sampling.latent._flow_hmc import FlowHMCSettings as FlowHMCSettings
from latflow.sampling.latent._rotation import PriorMass as PriorMass
from latflow.sampling.latent._rotation import Rotation as Rotation
from latflow.sampling.latent._rotation_hmc import RotationHMC as RotationHMC
from latflow.sampling.latent._rotation_hmc import RotationHMCSettings as RotationHMCSettings
