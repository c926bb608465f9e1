"""Preconditioned Crank-Nicolson: small steps in latent variables, accepted by weights alone."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.dynamics import scaled
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels import (
    Info,
    Kernel,
    KernelSettings,
    Start,
    step_size_factor,
)
from latflow.models import Model, Proposer, with_density
from latflow.precision import dtype_of
from latflow.priors import GaussianPrior
from latflow.sampling._independence import FAR_FROM_TARGET
from latflow.sampling.latent._gaussian_prior import gaussian_prior
from latflow.sampling.latent._latent_state import LatentState, decided, pulled_back, pushed_forward
from latflow.theories import Theory


class CrankNicolson(Kernel):
    r"""Propose z' = sqrt(1 - b^2) z + b xi with xi of the prior; accept with min(1, w'/w).

    The proposal is reversible with respect to the Gaussian prior r: r(z) P(z -> z') is symmetric
    in z and z'. The latent variables of a model have the density w(z) r(z) with w = e^-S / q, so
    of the ratio of Metropolis and Hastings only w'/w is left. With b = 1 the proposal forgets z,
    and this is independence Metropolis; smaller steps change log w by less, and are accepted
    where whole new draws are not. Cotter, Roberts, Stuart and White, Statist. Sci. 28 (2013) 424
    (arXiv:1202.0709), eq. (4.7).

    Args:
        theory: the target.
        model: flow and a Gaussian prior.
        step: b, in (0, 1].
        target_acceptance: what the warm-up tunes b for, or ``None``: fixed.
    """

    theory: Theory
    model: Model
    prior: GaussianPrior
    step_size: Float[Array, ""]
    target_acceptance: float | None = eqx.field(static=True)

    def __init__(
        self, theory: Theory, model: Model, step_size: float, target_acceptance: float | None = None
    ):
        self.theory, self.model = theory, model
        self.prior = gaussian_prior(model, "crank-nicolson")
        self.step_size = jnp.asarray(step_size, jnp.float64)
        self.target_acceptance = target_acceptance

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The step, if there is a target acceptance."""
        return {} if self.target_acceptance is None else {"step_size": self.step_size}

    def init(self, key: Key[Array, ""], field: Field) -> LatentState:
        """Latent variables and log weight of a given field, through the flow's inverse."""
        return pulled_back(self.theory, self.model, field)

    def start(self, key: Key[Array, ""], start: Start, dtype) -> LatentState:
        """As for any kernel; ``"prior"`` is a draw of the model."""
        if start == "prior":
            latent = self.prior.sample(key, dtype_of(self.model.precision))
            return pushed_forward(self.theory, self.model, latent)
        return super().start(key, start, dtype)

    def field(self, state: LatentState) -> Field:
        """The field, not the latent variables."""
        return state.field

    def step(self, key: Key[Array, ""], state: LatentState) -> tuple[LatentState, Info]:
        """One proposal: one pass through the flow. Info: as of independence Metropolis."""
        key_proposal, key_accept = random.split(key, 2)
        leaf = jax.tree.leaves(state.latent)[0]
        fresh = self.prior.sample(key_proposal, leaf.dtype)
        kept = jnp.sqrt(1 - self.step_size**2)
        latent = jax.tree.map(
            lambda old, new: old + new, scaled(state.latent, kept), scaled(fresh, self.step_size)
        )
        proposal = pushed_forward(self.theory, self.model, latent)
        return decided(key_accept, proposal, state)

    def tune(self, mean_info: dict[str, float], progress: float) -> "CrankNicolson":
        """The step for the target acceptance, but never beyond a whole new draw."""
        if self.target_acceptance is None:
            return self
        # The variance of log w'/w grows as b^2, as that of dH as a step of first order does.
        factor = step_size_factor(mean_info["acceptance"], self.target_acceptance, 1, progress)
        step_size = jnp.minimum(self.step_size * factor, 1.0)
        return eqx.tree_at(lambda kernel: kernel.step_size, self, step_size)


class CrankNicolsonSettings(KernelSettings):
    """Small random steps in the latent variables of the trained flow, accepted by weights."""

    label: ClassVar[str] = "Crank-Nicolson"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.1
    remedy: ClassVar[str] = f"{FAR_FROM_TARGET}, or use a smaller step_size"

    kernel: Literal["crank-nicolson"] = "crank-nicolson"
    step_size: float = PydanticField(
        0.5,
        gt=0,
        le=1,
        description="b of z' = sqrt(1 - b^2) z + b xi; 1 is independence Metropolis; with a target "
        "acceptance, where tuning starts",
    )
    target_acceptance: float | None = PydanticField(
        0.3, gt=0, lt=1, description="tune the step for this in the warm-up, up to 1"
    )

    def build_kernel(
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> CrankNicolson:
        """The kernel.

        Raises:
            ConfigError: there is no model, or its prior is not Gaussian.
        """
        if model is None:
            raise ConfigError(
                "kernel",
                '"crank-nicolson" needs a model to propose from: add [model] and [training], '
                'or choose another kernel such as "hmc"',
            )
        model = with_density(model, self.kernel)
        return CrankNicolson(theory, model, self.step_size, self.target_acceptance)
