"""Samplers of BlackJAX on scalar theories: what general samplers reach."""

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree, Shaped
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.fields import Field, RealScalar
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels._tuning import step_size_factor
from latflow.not_trained import in_precision
from latflow.theories import Theory

Algorithm = Literal["nuts", "hmc", "mala", "barker", "adjusted-mclmc"]

# What the warm-up tunes for, and by which power of the step the error of one step grows.
_TARGETS = {"nuts": 0.8, "hmc": 0.8, "mala": 0.574, "barker": 0.4, "adjusted-mclmc": 0.9}
_ORDERS = {"nuts": 2, "hmc": 2, "mala": 2, "barker": 1, "adjusted-mclmc": 2}
_SMALLEST_ACCEPTANCE = 1e-3


class BlackJAX(Kernel):
    """One transition of an algorithm of BlackJAX, whose state is kept as it is.

    Args:
        theory: the target, on real scalar fields.
        algorithm: which; all of them are exact, by accept/reject or by slices.
        step_size: of its integrator or proposals.
        steps: of a trajectory, where the algorithm does not choose them itself.
        target_acceptance: what the warm-up tunes the step size for.

    Raises:
        ConfigError: the package is not installed, or the theory has no real scalar field.
    """

    theory: Theory
    step_size: Float[Array, ""]
    algorithm: Algorithm = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    target_acceptance: float = eqx.field(static=True)

    def __check_init__(self):
        super().__check_init__()
        if not isinstance(self.theory.space, RealScalar):
            raise ConfigError(
                "kernel",
                f'"blackjax" serves real scalar fields, not {self.theory.space.description}; use '
                '"hmc"',
            )
        _package()

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The step size."""
        return {"step_size": self.step_size}

    def init(self, key: Key[Array, ""], field: Field) -> PyTree[Array]:
        """The algorithm's state at a field, in double precision."""
        return self._sampler().init(in_precision(field, jnp.float64).ravel())

    def field(self, state: PyTree[Array]) -> Field:
        """The position, which the algorithm knows as a vector."""
        return state.position.reshape(self.theory.space.lattice.shape)

    def step(self, key: Key[Array, ""], state: PyTree[Array]) -> tuple[PyTree[Array], Info]:
        """One transition. Info: ``acceptance``, and ``gradients`` where they are counted."""
        state, found = self._sampler().step(key, state)
        # Where a trajectory diverges there may be no number.
        acceptance = jnp.nan_to_num(jnp.asarray(found.acceptance_rate, jnp.float64))
        info = {"acceptance": acceptance}
        if hasattr(found, "num_integration_steps"):
            info["gradients"] = jnp.asarray(found.num_integration_steps, jnp.float64)
        return state, info

    def tune(self, mean_info: dict[str, float], progress: float) -> "BlackJAX":
        """The step size for the target acceptance."""
        acceptance = max(mean_info["acceptance"], _SMALLEST_ACCEPTANCE)
        order = _ORDERS[self.algorithm]
        factor = step_size_factor(acceptance, self.target_acceptance, order, progress)
        return eqx.tree_at(lambda kernel: kernel.step_size, self, self.step_size * factor)

    def _sampler(self) -> Any:
        package, step = _package(), self.step_size
        shape = self.theory.space.lattice.shape

        def log_density(position: Float[Array, " sites"]) -> Float[Array, ""]:
            return self.theory.log_prob(position.reshape(shape))

        if self.algorithm == "mala":
            return package.mala(log_density, step)
        if self.algorithm == "barker":
            return package.barker(log_density, step)
        if self.algorithm == "adjusted-mclmc":
            return package.adjusted_mclmc(log_density, step, num_integration_steps=self.steps)
        mass = jnp.ones(self.theory.space.n_variables, jnp.float64)
        if self.algorithm == "nuts":
            return package.nuts(log_density, step, mass)
        return package.hmc(log_density, step, mass, self.steps)


def _package() -> Any:
    try:
        return importlib.import_module("blackjax")
    except ImportError as error:
        raise ConfigError(
            "kernel", f'"blackjax" needs the extra: pip install "latflow[blackjax]" ({error})'
        ) from None


class BlackJAXSettings(KernelSettings):
    """A sampler of the package BlackJAX on a scalar theory (extra ``blackjax``)."""

    label: ClassVar[str] = "BlackJAX"
    lowest_acceptance: ClassVar[float] = 0.2

    kernel: Literal["blackjax"] = "blackjax"
    algorithm: Algorithm = PydanticField(
        "nuts", description="nuts, hmc, mala, barker, or adjusted-mclmc (microcanonical)"
    )
    step_size: float = PydanticField(
        0.1, gt=0, description="where the tuning of the warm-up starts"
    )
    steps: int = PydanticField(
        10, ge=1, le=10**4, description="of a trajectory, for hmc and adjusted-mclmc"
    )
    target_acceptance: float | None = PydanticField(
        None,
        gt=0,
        lt=1,
        description="tune the step size in the warm-up; not given: what suits the algorithm",
    )

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> BlackJAX:
        """The kernel.

        Raises:
            ConfigError: the package is not installed, or the theory has no real scalar field.
        """
        target = self.target_acceptance or _TARGETS[self.algorithm]
        step_size = jnp.asarray(self.step_size, jnp.float64)
        return BlackJAX(theory, step_size, self.algorithm, self.steps, target)

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """How many gradients a sample took, where the algorithm counts them."""
        if "gradients" not in infos:
            return {}
        return {"gradients_per_sample": float(np.mean(infos["gradients"])) * thin}
