"""Rotation HMC: Hamiltonian dynamics around what a flow already knows."""

import math
from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from pydantic import Field as PydanticField

from latflow.dynamics import INTEGRATORS, IntegratorName
from latflow.errors import ConfigError
from latflow.kernels import HMC, KernelSettings
from latflow.models import Proposer, with_density
from latflow.precision import Precision
from latflow.priors import GaussianPrior
from latflow.pullback import Pullback
from latflow.sampling.latent._flow_hmc import FlowHMC
from latflow.sampling.latent._gaussian_prior import gaussian_prior
from latflow.sampling.latent._rotation import PriorMass, rotation
from latflow.theories import Theory

_QUARTER = math.pi / 2


class RotationHMC(FlowHMC):
    """Flow HMC with a :class:`~latflow.sampling.Rotation` in place of a plain integrator.

    Exact for any flow. Its rejections come from the fluctuations of log w along the way, which
    kicks correct step by step; so its cost grows with the variance of log w like a power, where
    the acceptance of independence Metropolis falls exponentially. A trajectory of steps * step_size
    is an angle; a quarter turn (pi / 2) forgets most.

    Args:
        prior: draws z for chains that start with ``"prior"``; that of the rotation.
        hmc: HMC for :class:`latflow.pullback.Pullback` of the target, with a rotation.
    """

    def __init__(self, prior: GaussianPrior, hmc: HMC):
        super().__init__(prior, hmc)

    def tune(self, mean_info: dict[str, float], progress: float) -> "RotationHMC":
        """The angle for the target acceptance, but never beyond a quarter turn."""
        hmc = self.hmc.tune(mean_info, progress)
        largest = _QUARTER / hmc.steps
        hmc = eqx.tree_at(lambda h: h.step_size, hmc, jnp.minimum(hmc.step_size, largest))
        return eqx.tree_at(lambda kernel: kernel.hmc, self, hmc)


class RotationHMCSettings(KernelSettings):
    """HMC in the latent variables that rotates the prior's Gaussian part exactly; exact."""

    label: ClassVar[str] = "rotation HMC"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.4
    remedy: ClassVar[str] = "take more steps, or train the flow for longer"

    kernel: Literal["rotation-hmc"] = "rotation-hmc"
    quarter_turns: float = PydanticField(
        1.0,
        gt=0,
        le=1,
        description="angle of a trajectory in quarter turns: with a perfect flow, 1 makes an "
        "independent draw; with a target acceptance, where tuning starts",
    )
    steps: int = PydanticField(4, ge=1, description="integration steps of a trajectory")
    integrator: IntegratorName = PydanticField(
        "leapfrog", description="leapfrog, omelyan (2MN) or fourth-order (4MN5FV)"
    )
    target_acceptance: float | None = PydanticField(
        None,
        gt=0,
        lt=1,
        description="tune the angle in the warm-up, at a fixed number of steps and up to a quarter "
        "turn; not given: as it is",
    )
    precision: Precision = PydanticField(
        "double", description="of the dynamics; energies are always summed in double"
    )

    def build_kernel(
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> RotationHMC:
        """The kernel.

        Raises:
            ConfigError: there is no model, or its prior is not Gaussian.
        """
        if model is None:
            raise ConfigError(
                "kernel",
                '"rotation-hmc" needs a model, whose latent variables it moves: add [model] and '
                '[training], or choose the kernel "hmc"',
            )
        model = with_density(model, self.kernel)
        prior = gaussian_prior(model, "rotation-hmc")
        hmc = HMC(
            Pullback(theory, model.flow),
            kinetic=PriorMass(prior),
            step_size=self.quarter_turns * _QUARTER / self.steps,
            steps=self.steps,
            integrator=rotation(INTEGRATORS[self.integrator], prior),
            target_acceptance=self.target_acceptance,
            precision=self.precision,
        )
        return RotationHMC(prior, hmc)
