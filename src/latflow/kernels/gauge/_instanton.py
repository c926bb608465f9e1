"""Jumps between the topological sectors of U(1) in two dimensions."""

import math
from typing import Annotated, Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import BeforeValidator
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields.links import U1Links
from latflow.kernels._accept import accept, log_uniform, select
from latflow.kernels._cycle import Cycle
from latflow.kernels._hmc import HMCSettings
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels.gauge._heat_bath import HeatBathSettings
from latflow.lattice import Lattice
from latflow.theories import Theory

AngleField = Float[Array, "axes *lattice"]


def instanton(lattice: Lattice) -> Float[np.ndarray, "2 rows columns"]:
    """A U(1) field of charge one with the same plaquette angle 2 pi / V everywhere.

    theta_1(x) = 2 pi x_0 / V, theta_0(x) = -2 pi x_1 / L_1 where x_0 = L_0 - 1, and zero
    elsewhere: the links of the last column undo the step of theta_1 around the torus, but for
    one whole turn at one plaquette, which is none for the field.

    Args:
        lattice: of two dimensions.
    """
    rows, columns = lattice.shape
    field = np.zeros((2, rows, columns))
    field[1] = 2 * math.pi / lattice.volume * np.arange(rows)[:, None]
    field[0, -1] = -2 * math.pi / columns * np.arange(columns)
    return field


class InstantonUpdate(Kernel):
    """theta -> theta + s theta_I with s = 1 or -1, accepted with min(1, e^-dS).

    theta_I is the :func:`instanton`. The sign is drawn with equal probabilities, and moves with s
    and -s undo each other; a shift of angles preserves the Haar measure: proposals are
    symmetric, and Metropolis' rule makes the weight invariant. In a sector every plaquette
    angle grows by 2 pi s / V, so Q changes by s unless one passes pi, and dS is of
    the order of 2 pi^2 beta (2 |Q| + 1) / V: no barrier between sectors stands in the way (Smit and
    Vink, Nucl. Phys. B 286 (1987) 485, use such fields; Eichhorn and Hoelbling, arXiv:2112.05188,
    compare updates like this one with others). Not
    ergodic by itself, see ``Cycle``.

    Args:
        theory: on U(1) links in two dimensions.

    Raises:
        ConfigError: the theory is not such a one.
    """

    theory: Theory

    def __check_init__(self):
        space = self.theory.space
        if not isinstance(space, U1Links) or space.lattice.ndim != 2:
            raise ConfigError(
                "kernel",
                '"instanton" needs U(1) links in two dimensions, which the fields of '
                f'{type(self.theory).__name__} are not; use "heat-bath" or "hmc"',
            )

    def init(self, key: Key[Array, ""], field: AngleField) -> AngleField:
        """The state is the field."""
        return field

    def field(self, state: AngleField) -> AngleField:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: AngleField) -> tuple[AngleField, Info]:
        """One proposal. Info: ``acceptance``."""
        key_sign, key_accept = random.split(key, 2)
        space = self.theory.space
        sign = jnp.where(random.uniform(key_sign, (), jnp.float32) < 0.5, 1, -1)
        shift = jnp.asarray(instanton(space.lattice), state.dtype)
        proposed = space.move(state, sign.astype(state.dtype) * shift)
        rise = self.theory.action(proposed) - self.theory.action(state)
        accepted, probability = accept(log_uniform(key_accept), -rise)
        return select(accepted, proposed, state), {"acceptance": probability}


def _named(value: Any) -> Any:
    """Let a kernel's name stand for its default settings."""
    return {"kernel": value} if isinstance(value, str) else value


_Update = Annotated[
    Annotated[HeatBathSettings | HMCSettings, PydanticField(discriminator="kernel")],
    BeforeValidator(_named),
]


class InstantonSettings(KernelSettings):
    """Jumps between topological sectors, then an update that moves within them: U(1) in 2D."""

    label: ClassVar[str] = "instanton jumps and updates"

    kernel: Literal["instanton"] = "instanton"
    update: _Update = PydanticField(
        HeatBathSettings.model_validate({}),
        description='what makes it ergodic: "heat-bath", "hmc", or a table of their settings',
    )

    def build_kernel(self, theory: Theory, model: Any = None, chains_per_batch: int = 1) -> Cycle:
        """The cycle of both.

        Raises:
            ConfigError: the theory is not U(1) in two dimensions, or the update refuses it.
        """
        jumps = InstantonUpdate(theory)
        update = self.update.build_kernel(theory, model, chains_per_batch)
        return Cycle(("instanton", self.update.kernel), (jumps, update))
