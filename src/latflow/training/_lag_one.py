"""What makes flow HMC slow, minimised directly: the lag-one autocorrelation of the mean field."""

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.dynamics import UnitMass, leapfrog
from latflow.errors import ConfigError
from latflow.fields import RealScalar, ScalarField
from latflow.loops import loop
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.precision import dtype_of, sum_in_double
from latflow.pullback import Pullback
from latflow.settings import Settings
from latflow.theories import Theory

# Of e^50 trajectories with such a dH one is accepted: they are worth no gradient.
_HOPELESS = 50.0

Tree = TypeVar("Tree")


class TrajectorySettings(Settings):
    """The trajectories of flow HMC that the objective ``lag-one-autocorrelation`` is about."""

    length: float = Field(1.0, gt=0, description="trajectory length")
    steps: int = Field(10, ge=1, le=10**5, description="leapfrog steps of a trajectory")
    burn_in: int = Field(
        30,
        ge=0,
        le=10**6,
        description="trajectories that lead from the prior to the flow's latent density",
    )


class LagOneAutocorrelation(eqx.Module):
    """Minus the expected squared jump of the mean field in one trajectory of flow HMC.

    In equilibrium M = (1/V) sum over x of phi_x has, from one trajectory to the next,

        rho(1) = 1 - <A (M' - M)^2> / (2 Var M),   A = min(1, e^-dH),

    averaged over accept and reject. Var M is a property of the theory: to minimise the mean of
    -V A (M' - M)^2 is to minimise rho(1). A keeps the integrator stable.

    A draw from the prior goes through a few trajectories with accept/reject. The field x that it
    ends at is held fixed, and the gradient follows z = F^-1(x) through one more trajectory: in
    equilibrium the density of x is the target's whatever the flow, while that of z depends on
    the parameters. Two sources of bias remain: after a few trajectories x still remembers the
    model it was drawn from, and where the force jumps (the minimal coupling's |s|) the gradient
    does not see that parameters move the jumps.

    Source: expected squared jumps as an objective, Pasarica and Gelman, Stat. Sinica 20 (2010)
    343; for trained dynamics, Levy, Hoffman and Sohl-Dickstein (arXiv:1711.09268), eq. (6).
    """

    trajectory: TrajectorySettings = eqx.field(static=True)

    def __call__(
        self, model: Model, theory: Theory, key: Key[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Loss, and the logarithm of the weight of the draw that the trajectories start from.

        Raises:
            ConfigError: the theory's field is not a real scalar.
        """
        if not isinstance(theory.space, RealScalar):
            raise ConfigError(
                "training.objective",
                '"lag-one-autocorrelation" is about the mean of a real scalar field',
            )
        # The draw itself is the one that other objectives make with this key.
        key_burn_in, key_jump = jax.random.split(jax.random.fold_in(key, 1))
        frozen = _frozen(model)
        latent = frozen.prior.sample(key, dtype_of(model.precision))
        field, log_det = frozen.flow.forward(latent)
        log_weight = theory.log_prob(field) + log_det - frozen.prior.log_prob(latent)
        start = self.burnt_in(Pullback(theory, frozen.flow), key_burn_in, latent)
        jump = self.squared_jump(Pullback(theory, model.flow), key_jump, start, latent.dtype)
        return -jump, log_weight

    def burnt_in(
        self, latent_theory: Pullback, key: Key[Array, ""], latent: ScalarField
    ) -> ScalarField:
        """The field F(z), in double precision, after the burn-in of latent variables z."""
        step_size = self._step_size()

        def turn(latent, number):
            key_momentum, key_accept = jax.random.split(jax.random.fold_in(key, number))
            end, delta_h = self._evolved(latent_theory, key_momentum, latent, step_size)
            # A NaN is rejected.
            accepted = -jax.random.exponential(key_accept, (), jnp.float64) < -delta_h
            return jnp.where(accepted, end, latent), None

        if self.trajectory.burn_in:
            latent, _ = loop(turn, latent, jnp.arange(self.trajectory.burn_in))
        return latent_theory.field(latent)

    def squared_jump(
        self, latent_theory: Pullback, key: Key[Array, ""], field: ScalarField, dtype
    ) -> Float[Array, ""]:
        """V A (M' - M)^2 of one trajectory from a field, with its gradient at this field.

        Args:
            latent_theory: the theory of z.
            key: of the momenta.
            field: x, where the trajectory starts, in double precision.
            dtype: of z and the trajectory.
        """
        latent = latent_theory.latent(field).astype(dtype)
        step_size = self._step_size()
        # What overflows has the gradient NaN, whatever factor A is put in front: so a trajectory
        # that will be rejected stays where it is instead, which is no jump either.
        _, delta_h = self._evolved(_frozen(latent_theory), key, _frozen(latent), step_size)
        hopeful = jnp.isfinite(delta_h) & (delta_h < _HOPELESS)
        end, delta_h = self._evolved(latent_theory, key, latent, jnp.where(hopeful, step_size, 0.0))
        probability = jnp.exp(jnp.minimum(-delta_h, 0.0))
        change = sum_in_double(latent_theory.field(end)) - sum_in_double(field)
        return probability * change**2 / field.size

    def _step_size(self) -> Float[Array, ""]:
        return jnp.asarray(self.trajectory.length / self.trajectory.steps, jnp.float64)

    def _evolved(
        self,
        latent_theory: Pullback,
        key: Key[Array, ""],
        latent: ScalarField,
        step_size: Float[Array, ""],
    ) -> tuple[ScalarField, Float[Array, ""]]:
        """The end of a trajectory with fresh momenta, and dH in double precision."""
        kinetic = UnitMass(latent_theory.space)
        start = kinetic.momentum(key, latent)
        end, momentum = leapfrog()(
            latent_theory, kinetic, latent, start, step_size, self.trajectory.steps
        )
        potential = latent_theory.action(end) - latent_theory.action(latent)
        return end, potential + (kinetic.energy(momentum) - kinetic.energy(start))


def _frozen(tree: Tree) -> Tree:
    """The same numbers, without a gradient."""
    numbers, rest = parameters_of(tree)
    return eqx.combine(jax.lax.stop_gradient(numbers), rest)
