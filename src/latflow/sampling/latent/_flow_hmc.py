"""Flow HMC: Hamiltonian dynamics in the latent variables of a flow."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels import HMC, HMCSettings, HMCState, Info, Kernel, Start
from latflow.models import Proposer, with_density
from latflow.priors import Prior
from latflow.pullback import Pullback
from latflow.theories import Theory


class FlowHMC(Kernel):
    """HMC on the latent variables z of x = F(z), with S~(z) = S(F(z)) - log|det dF/dz|.

    Albandea et al., Eur. Phys. J. C 83 (2023) 676 (arXiv:2302.08408), after Luescher,
    arXiv:0907.5491. Exact for any flow: the acceptance depends on how well the dynamics is
    integrated, the autocorrelation on how much easier than S the action S~ is. What prior the
    flow was trained from does not enter.

    The state is that of HMC; x is made from it where it is measured. That is one pass through
    the flow per measurement, against two or three (forward and back) in every step of a
    trajectory.

    Args:
        prior: draws z for chains that start with ``"prior"``.
        hmc: HMC for :class:`latflow.pullback.Pullback` of the target.
    """

    prior: Prior
    hmc: HMC

    def __init__(self, prior: Prior, hmc: HMC):
        self.prior, self.hmc = prior, hmc

    @property
    def latent_theory(self) -> Pullback:
        """The theory of z."""
        theory = self.hmc.theory
        assert isinstance(theory, Pullback)  # what the settings build
        return theory

    @property
    def theory(self) -> Theory:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The target: the theory of x."""
        return self.latent_theory.target

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """What HMC tunes."""
        return self.hmc.tuned

    def init(self, key: Key[Array, ""], field: Field) -> HMCState:
        """Latent variables of a given field, through the flow's inverse."""
        return self.hmc.init(key, self.latent_theory.latent(field))

    def start(self, key: Key[Array, ""], start: Start, dtype) -> HMCState:
        """As for any kernel; ``"prior"`` draws latent variables from the prior."""
        if start != "prior":
            return super().start(key, start, dtype)
        draw, use = jax.random.split(key)
        return self.hmc.init(use, self.prior.sample(draw, dtype))

    def field(self, state: HMCState) -> Field:
        """The target's field x = F(z), in double precision."""
        return self.latent_theory.field(state.field)

    def step(self, key: Key[Array, ""], state: HMCState) -> tuple[HMCState, Info]:
        """One trajectory of z. Info: that of HMC."""
        return self.hmc.step(key, state)

    def eased(self, progress: float) -> "FlowHMC":
        """HMC eased."""
        return eqx.tree_at(lambda kernel: kernel.hmc, self, self.hmc.eased(progress))

    def tune(self, mean_info: dict[str, float], progress: float) -> "FlowHMC":
        """HMC tuned."""
        return eqx.tree_at(lambda kernel: kernel.hmc, self, self.hmc.tune(mean_info, progress))


class FlowHMCSettings(HMCSettings):
    """Hybrid Monte Carlo in the latent variables of the trained flow; exact for any flow."""

    label: ClassVar[str] = "flow HMC"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.5
    is_local_update: ClassVar[bool] = False

    kernel: Literal["flow-hmc"] = "flow-hmc"  # pyright: ignore[reportIncompatibleVariableOverride]
    variables: Literal["prior", "coarsest"] = PydanticField(
        "prior",
        description="what moves: the variables that this run's flow starts from, or those at the "
        "bottom of a cascade, through the flows of model.prior.run and of the runs below it too",
    )

    def build_kernel(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> FlowHMC:
        """The kernel, with its step size at trajectory / steps.

        Which model goes with ``variables``, ``runs`` decides.

        Raises:
            ConfigError: there is no model.
        """
        if model is None:
            raise ConfigError(
                "kernel",
                '"flow-hmc" needs a model, whose flow transforms the field: add [model] and '
                '[training], or choose the kernel "hmc"',
            )
        model = with_density(model, self.kernel)
        latent = Pullback(theory, model.flow)
        return FlowHMC(model.prior, super().build_kernel(latent, None, chains_per_batch))
