"""Hybrid (Hamiltonian) Monte Carlo on any theory, with or without Fourier acceleration."""

import math
from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax.lax import optimization_barrier as barrier
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.dynamics import (
    INTEGRATORS,
    FourierMass,
    Integrator,
    IntegratorName,
    KineticEnergy,
    UnitMass,
)
from latflow.fields import Field
from latflow.kernels._accept import accept, log_uniform, select
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels._tuning import step_size_factor
from latflow.not_trained import in_precision
from latflow.precision import Precision, dtype_of, require_double
from latflow.theories import Theory

# Powers of two by which a fixed step size is smaller when the warm-up begins.
_SMALLER_AT_FIRST = 4


class HMCState(NamedTuple):
    """A field and its action in double precision."""

    field: Field
    action: Float[Array, ""]


class HMC(Kernel):
    """One trajectory of Hamiltonian dynamics, accepted with min(1, e^-dH).

    Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195 (1987) 216. The dynamics may run in
    single precision; both energies are evaluated by one function, in double precision, on the
    fields and momenta as they are, so that only reversibility suffers from rounding.

    Args:
        theory: the target.
        kinetic: the density of momenta; unit mass if not given.
        step_size: molecular-dynamics step, lattice units.
        steps: number of steps of a trajectory.
        integrator: how a step is made; leapfrog if not given.
        jitter: the step size of each trajectory is uniform in step_size * (1 +- jitter).
        target_acceptance: what the warm-up tunes the step size for, or ``None``: fixed.
        precision: of the dynamics and of the chain's field.
    """

    theory: Theory
    kinetic: KineticEnergy
    integrator: Integrator
    step_size: Float[Array, ""]
    steps: int = eqx.field(static=True)
    jitter: float = eqx.field(static=True)
    target_acceptance: float | None = eqx.field(static=True)
    precision: Precision = eqx.field(static=True)

    def __init__(
        self,
        theory: Theory,
        *,
        step_size: float,
        steps: int,
        kinetic: KineticEnergy | None = None,
        integrator: Integrator | None = None,
        jitter: float = 0.0,
        target_acceptance: float | None = None,
        precision: Precision = "double",
    ):
        require_double()
        self.theory = theory
        self.kinetic = UnitMass(theory.space) if kinetic is None else kinetic
        self.integrator = INTEGRATORS["leapfrog"]() if integrator is None else integrator
        self.step_size = jnp.asarray(step_size, jnp.float64)
        self.steps, self.jitter = steps, jitter
        self.target_acceptance, self.precision = target_acceptance, precision

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The step size, if there is a target acceptance."""
        return {} if self.target_acceptance is None else {"step_size": self.step_size}

    def init(self, key: Key[Array, ""], field: Field) -> HMCState:
        """The field in the kernel's precision, and its action."""
        field = in_precision(field, dtype_of(self.precision))
        return HMCState(field, self.theory.action(field))

    def field(self, state: HMCState) -> Field:
        """The field."""
        return state.field

    def step(self, key: Key[Array, ""], state: HMCState) -> tuple[HMCState, Info]:
        """One trajectory. Info: ``delta_h``, ``exp_minus_delta_h``, ``accepted``."""
        key_momentum, key_accept, key_jitter = random.split(key, 3)
        # The barriers keep XLA from fusing, and so repeating, one stage within the next.
        start = barrier(self.kinetic.momentum(key_momentum, state.field))
        step_size = self.drawn_step_size(key_jitter)
        field, end = barrier(
            self.integrator(self.theory, self.kinetic, state.field, start, step_size, self.steps)
        )
        # Rounding leads off a curved manifold, step by step.
        field = self.theory.space.project(field)
        action = self.theory.action(field)
        delta_h = action - state.action + (self.kinetic.energy(end) - self.kinetic.energy(start))
        delta_h = jnp.where(jnp.isnan(delta_h), jnp.inf, delta_h)
        accepted, probability = accept(log_uniform(key_accept), -delta_h)
        info = {
            "acceptance": probability,
            "accepted": accepted.astype(jnp.float64),
            "delta_h": delta_h,
            "exp_minus_delta_h": jnp.exp(-delta_h),
        }
        return select(accepted, HMCState(field, action), state), info

    def drawn_step_size(self, key: Key[Array, ""]) -> Float[Array, ""]:
        """That of one trajectory: with jitter a random one."""
        if not self.jitter:
            return self.step_size
        noise = 2 * random.uniform(key, (), jnp.float64) - 1
        return self.step_size * (1 + self.jitter * noise)

    def eased(self, progress: float) -> "HMC":
        """A fixed step size grows by powers of two to what it shall be, in half of the warm-up.

        Molecular dynamics is stable for steps below 2 / omega, and omega, the curvature of the
        action, is larger on disordered fields than in equilibrium.
        """
        if self.target_acceptance is not None:
            return self
        halvings = math.ceil(_SMALLER_AT_FIRST * max(0.0, 1 - 2 * progress))
        return eqx.tree_at(lambda kernel: kernel.step_size, self, self.step_size / 2**halvings)

    def tune(self, mean_info: dict[str, float], progress: float) -> "HMC":
        """The step size for the target acceptance, at a fixed number of steps."""
        if self.target_acceptance is None:
            return self
        factor = step_size_factor(
            mean_info["acceptance"], self.target_acceptance, self.integrator.order, progress
        )
        return eqx.tree_at(lambda kernel: kernel.step_size, self, self.step_size * factor)


class HMCSettings(KernelSettings):
    """Hybrid Monte Carlo with unit mass."""

    is_reversible: ClassVar[bool] = True

    label: ClassVar[str] = "HMC"
    lowest_acceptance: ClassVar[float] = 0.5
    is_local_update: ClassVar[bool] = True

    kernel: Literal["hmc"] = "hmc"
    trajectory: float = PydanticField(
        1.0, gt=0, description="trajectory length; with a target acceptance, where tuning starts"
    )
    steps: int = PydanticField(10, ge=1, le=10**6, description="integration steps of a trajectory")
    integrator: IntegratorName = PydanticField(
        "leapfrog", description="leapfrog, omelyan (2MN) or fourth-order (4MN5FV)"
    )
    jitter: float = PydanticField(
        0.0,
        ge=0,
        lt=1,
        description="each trajectory's step size is uniform within this fraction; 0 is off. "
        "Nearly free fields need it: a mode that turns half a circle is never refreshed",
    )
    target_acceptance: float | None = PydanticField(
        None,
        gt=0,
        lt=1,
        description="tune the step size in the warm-up, at a fixed number of steps, so the "
        "trajectory's length changes; not given: trajectory / steps, fixed",
    )
    precision: Precision = PydanticField(
        "double", description="of the dynamics; energies are always summed in double"
    )

    def kinetic(self, theory: Theory) -> KineticEnergy:
        """The density of momenta."""
        return UnitMass(theory.space)

    def build_kernel(self, theory: Theory, model: Any = None, chains_per_batch: int = 1) -> HMC:
        """The kernel, with its step size at trajectory / steps."""
        return HMC(
            theory,
            kinetic=self.kinetic(theory),
            step_size=self.trajectory / self.steps,
            steps=self.steps,
            integrator=INTEGRATORS[self.integrator](),
            jitter=self.jitter,
            target_acceptance=self.target_acceptance,
            precision=self.precision,
        )


class FourierHMCSettings(HMCSettings):
    """Hybrid Monte Carlo with momenta drawn with a free field's kernel; real scalars only."""

    label: ClassVar[str] = "Fourier HMC"
    is_local_update: ClassVar[bool] = False

    kernel: Literal["fourier-hmc"] = "fourier-hmc"  # pyright: ignore[reportIncompatibleVariableOverride]
    mass2: float = PydanticField(
        0.1, gt=0, description="mass squared of the kernel khat^2 + mass2, lattice units"
    )

    def kinetic(self, theory: Theory) -> KineticEnergy:
        """The free field's kinetic energy."""
        return FourierMass(theory.space, self.mass2)
