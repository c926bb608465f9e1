"""Local Metropolis: checkerboard sweeps with uniform proposals on every site."""

from functools import partial
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.batching import batch_last
from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels._tuning import width_factor
from latflow.kernels.scalar._local import require_local
from latflow.loops import loop
from latflow.neighbours import neighbour_sum
from latflow.not_trained import in_precision
from latflow.precision import Precision, dtype_of, require_double
from latflow.theories import Theory


class Metropolis(Kernel):
    """Sweeps over even, then odd sites: phi_x + width * uniform(-1, 1), accepted with e^-dS.

    Sites of one parity are not neighbours, so all of them are updated at once. The change of
    the action is local, of order one, and evaluated in the field's precision.

    Args:
        theory: a scalar theory with ``site_action``; all extents even.
        width: half width of the proposals, in units of the field.
        sweeps: sweeps of the whole lattice in one step.
        target_acceptance: what the warm-up tunes the width for, or ``None``: fixed.
        precision: of the chain's field.

    Raises:
        ConfigError: the theory offers no local action, or an extent is odd.
    """

    theory: Theory
    width: Float[Array, ""]
    sweeps: int = eqx.field(static=True)
    target_acceptance: float | None = eqx.field(static=True)
    precision: Precision = eqx.field(static=True)

    def __init__(
        self,
        theory: Theory,
        *,
        width: float = 1.0,
        sweeps: int = 1,
        target_acceptance: float | None = 0.5,
        precision: Precision = "double",
    ):
        require_double()
        require_local(theory, "metropolis")
        shape = theory.space.lattice.shape
        if not theory.space.lattice.is_bipartite:
            raise ConfigError(
                "theory.shape",
                "checkerboard sweeps of the metropolis kernel need even extents, "
                f'got {list(shape)}; use even ones, or kernel "hmc"',
            )
        self.theory = theory
        self.width = jnp.asarray(width, jnp.float64)
        self.sweeps, self.target_acceptance, self.precision = sweeps, target_acceptance, precision

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The width of the proposals, if there is a target acceptance."""
        return {} if self.target_acceptance is None else {"width": self.width}

    def init(self, key: Key[Array, ""], field: ScalarField) -> ScalarField:
        """The field, in the kernel's precision."""
        return in_precision(field, dtype_of(self.precision))

    def field(self, state: ScalarField) -> ScalarField:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: ScalarField) -> tuple[ScalarField, Info]:
        """``sweeps`` sweeps. Info: ``acceptance``, the fraction of accepted site updates."""
        keys = jnp.stack(random.split(key, self.sweeps))
        state, accepted = loop(partial(_sweep, self), state, keys)
        return state, {"acceptance": jnp.mean(accepted)}

    def tune(self, mean_info: dict[str, float], progress: float) -> "Metropolis":
        """The width for the target acceptance."""
        if self.target_acceptance is None:
            return self
        factor = width_factor(mean_info["acceptance"], self.target_acceptance, progress)
        return eqx.tree_at(lambda kernel: kernel.width, self, self.width * factor)


def _sweep(
    kernel: Metropolis, field: ScalarField, key: Key[Array, ""]
) -> tuple[ScalarField, Float[Array, ""]]:
    theory = require_local(kernel.theory, "metropolis")
    lattice = theory.space.lattice
    width = kernel.width.astype(field.dtype)
    uniform, threshold = random.uniform_and_exponential(key, field.shape, field.dtype)
    change = width * (2 * uniform - 1)
    count = jnp.zeros((), jnp.float64)
    for odd in (False, True):
        neighbours = neighbour_sum(lattice, field)
        proposed = field + change
        rise = theory.site_action(proposed, neighbours) - theory.site_action(field, neighbours)
        accepted = rise < _one_parity_p.bind(threshold, lattice=lattice, odd=odd)
        field = jnp.where(accepted, proposed, field)
        count = count + jnp.sum(accepted, dtype=jnp.float64)
    return field, count / lattice.volume


def _one_parity(threshold, *, lattice, odd):
    """The threshold on sites of one parity; minus infinity on the others, which rejects."""
    further = range(lattice.ndim, threshold.ndim)
    mask = jnp.expand_dims(lattice.parity == odd, tuple(further))
    return jnp.where(mask, threshold, -jnp.inf)


_one_parity_p = batch_last("latflow_one_parity", _one_parity)


class MetropolisSettings(KernelSettings):
    """Local Metropolis sweeps on a checkerboard."""

    label: ClassVar[str] = "local Metropolis"
    remedy: ClassVar[str] = "propose smaller changes"
    is_local_update: ClassVar[bool] = True

    kernel: Literal["metropolis"] = "metropolis"
    sweeps: int = PydanticField(1, ge=1, le=10**6, description="sweeps of the lattice in one step")
    width: float = PydanticField(
        1.0, gt=0, description="half width of the proposals, where tuning starts"
    )
    target_acceptance: float | None = PydanticField(
        0.5, gt=0, lt=1, description="tune the width for this in the warm-up"
    )
    precision: Precision = PydanticField("double", description="of the field")

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> Metropolis:
        """The kernel.

        Raises:
            ConfigError: the theory offers no local action, or an extent is odd.
        """
        return Metropolis(
            theory,
            width=self.width,
            sweeps=self.sweeps,
            target_acceptance=self.target_acceptance,
            precision=self.precision,
        )
