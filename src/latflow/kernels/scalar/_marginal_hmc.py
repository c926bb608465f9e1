"""HMC of the even sites with the odd ones integrated out, and odd sites drawn anew."""

from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.lax import optimization_barrier as barrier
from jaxtyping import Array, Float, Key

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.kernels._accept import accept, log_uniform, select
from latflow.kernels._hmc import HMC, HMCSettings
from latflow.kernels._kernel import Info, Kernel
from latflow.neighbours import neighbour_sum
from latflow.not_trained import in_precision
from latflow.precision import dtype_of, sum_in_double
from latflow.site_density import SiteConditional, site_weight_of
from latflow.theories import Marginal, Theory


class MarginalState(NamedTuple):
    """A field of the whole theory, and S + log q(odd sites | even sites) in double precision."""

    field: ScalarField
    energy: Float[Array, ""]


class MarginalHMC(Kernel):
    """One trajectory of :class:`latflow.theories.Marginal`; then all odd sites are drawn anew.

    The odd sites of the proposal are independent draws from q(odd | even), the image of normal
    numbers under the tables of :class:`latflow.site_density.SiteConditional`. With S + log q in the
    place of the action, the one decision is exact whatever the error of the tables, which
    costs acceptance only; all observables are those of the whole theory.

    Args:
        theory: the whole theory.
        hmc: for its marginal.
        conditional: what draws odd sites.
    """

    theory: Theory
    hmc: HMC
    conditional: SiteConditional

    @property
    def marginal(self) -> Marginal:
        """The theory of the even sites."""
        theory = self.hmc.theory
        assert isinstance(theory, Marginal)  # what the settings build
        return theory

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """What HMC tunes."""
        return self.hmc.tuned

    def init(self, key: Key[Array, ""], field: ScalarField) -> MarginalState:
        """The field in the kernel's precision, with its odd sites as they are."""
        field = in_precision(field, dtype_of(self.hmc.precision))
        z, log_slope = self.conditional.transport.inverse(field, self._neighbours_field(field))
        return MarginalState(field, self._energy(field, z, -log_slope))

    def field(self, state: MarginalState) -> ScalarField:
        """The field, odd sites included."""
        return state.field

    def step(self, key: Key[Array, ""], state: MarginalState) -> tuple[MarginalState, Info]:
        """One trajectory. Info: as of HMC."""
        key_momentum, key_accept, key_jitter, key_odd = random.split(key, 4)
        hmc, space, odd = self.hmc, self.marginal.even, self.theory.space.lattice.parity
        even = space.only_even(state.field)
        start = barrier(hmc.kinetic.momentum(key_momentum, even))
        step_size = hmc.drawn_step_size(key_jitter)
        even, end = barrier(
            hmc.integrator(self.marginal, hmc.kinetic, even, start, step_size, hmc.steps)
        )
        z = random.normal(key_odd, even.shape, even.dtype)
        values, log_slope = self.conditional.transport.forward(z, self._neighbours_field(even))
        field = barrier(jnp.where(odd, values, even))
        proposal = MarginalState(field, self._energy(field, z, log_slope))
        delta_h = proposal.energy - state.energy
        delta_h = delta_h + (hmc.kinetic.energy(end) - hmc.kinetic.energy(start))
        delta_h = jnp.where(jnp.isnan(delta_h), jnp.inf, delta_h)
        accepted, probability = accept(log_uniform(key_accept), -delta_h)
        info = {
            "acceptance": probability,
            "accepted": accepted.astype(jnp.float64),
            "delta_h": delta_h,
            "exp_minus_delta_h": jnp.exp(-delta_h),
        }
        return select(accepted, proposal, state), info

    def _neighbours_field(self, field: ScalarField) -> ScalarField:
        """h on every site; on odd ones it is made of even ones only."""
        return self.conditional.field_of(neighbour_sum(self.theory.space.lattice, field))

    def _energy(self, field: ScalarField, z: ScalarField, log_slope: ScalarField):
        """S + log q, where odd sites are the images of z with the given slopes."""
        z = z.astype(jnp.float64)
        log_q = -0.5 * (z * z + np.log(2 * np.pi)) - log_slope.astype(jnp.float64)
        odd = self.theory.space.lattice.parity
        return self.theory.action(field) + sum_in_double(jnp.where(odd, log_q, 0))

    def eased(self, progress: float) -> "MarginalHMC":
        """HMC eased."""
        return eqx.tree_at(lambda kernel: kernel.hmc, self, self.hmc.eased(progress))

    def tune(self, mean_info: dict[str, float], progress: float) -> "MarginalHMC":
        """HMC tuned."""
        return eqx.tree_at(lambda kernel: kernel.hmc, self, self.hmc.tune(mean_info, progress))


class MarginalHMCSettings(HMCSettings):
    """Hybrid Monte Carlo of the even sites, with the odd ones integrated out and drawn anew."""

    label: ClassVar[str] = "marginal HMC"

    kernel: Literal["marginal-hmc"] = "marginal-hmc"  # pyright: ignore[reportIncompatibleVariableOverride]

    def build_kernel(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> MarginalHMC:
        """The kernel, with its step size at trajectory / steps.

        Raises:
            ConfigError: the theory has more than nearest neighbours, or an extent is odd.
        """
        try:
            weight = site_weight_of(theory, '"marginal-hmc"')
        except ConfigError as error:
            raise ConfigError("kernel", f'{error.message}; use "hmc"') from None
        hmc = super().build_kernel(Marginal(theory), None, chains_per_batch)
        return MarginalHMC(theory, hmc, SiteConditional.of(weight))
