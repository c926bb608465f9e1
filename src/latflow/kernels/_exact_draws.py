"""Independent exact fields, for theories that can draw them: what every sampler is measured by."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Key
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels._kernel import Info, Kernel, KernelSettings, Start
from latflow.not_trained import in_precision
from latflow.precision import Precision, dtype_of, require_double
from latflow.theories import Theory


@runtime_checkable
class DrawnExactly(Protocol):
    """A theory that can draw independent fields with its own weight."""

    def exact_sampler(self) -> Callable[[Key[Array, ""], Any], Field]:
        """A pytree to call with a key and a real dtype for one exact configuration.

        Raises:
            ConfigError: there is none, on this lattice.
        """
        ...


class ExactDraws(Kernel):
    """Every step draws a new field from the theory's weight, whatever the old one is.

    Autocorrelation times are 1/2, for every observable.

    Args:
        theory: one that can draw fields, see :class:`DrawnExactly`.
        precision: of the fields.

    Raises:
        ConfigError: the theory cannot.
    """

    theory: Theory
    sampler: Callable[[Key[Array, ""], Any], Field]
    precision: Precision = eqx.field(static=True)

    def __init__(self, theory: Theory, precision: Precision = "double"):
        require_double()
        if not isinstance(theory, DrawnExactly):
            raise ConfigError(
                "kernel",
                '"exact-draws" needs a theory that can be drawn exactly (the free field, gauge '
                f'theory in two dimensions), which {type(theory).__name__} is not; use "hmc"',
            )
        self.theory, self.sampler, self.precision = theory, theory.exact_sampler(), precision

    def init(self, key: Key[Array, ""], field: Field) -> Field:
        """The field, in the kernel's precision."""
        return in_precision(field, dtype_of(self.precision))

    def field(self, state: Field) -> Field:
        """The state is the field."""
        return state

    def start(self, key: Key[Array, ""], start: Start, dtype) -> Field:
        """As for any kernel; ``"prior"`` is an exact draw."""
        return (
            self.sampler(key, dtype_of(self.precision))
            if start == "prior"
            else super().start(key, start, dtype)
        )

    def step(self, key: Key[Array, ""], state: Field) -> tuple[Field, Info]:
        """A new field. Info: ``acceptance`` is 1."""
        new = self.sampler(key, dtype_of(self.precision))
        return new, {"acceptance": jnp.ones((), jnp.float64)}


class ExactDrawsSettings(KernelSettings):
    """Independent exact fields: the free field, and gauge theory of U(1), SU(2), SU(3) in 2D."""

    label: ClassVar[str] = "exact draws"
    draws_its_own: ClassVar[bool] = True
    warm_up_from_own_draw: ClassVar[int] = 1

    kernel: Literal["exact-draws"] = "exact-draws"
    precision: Precision = PydanticField("double", description="of the fields")

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> ExactDraws:
        """The kernel.

        Raises:
            ConfigError: the theory cannot be drawn exactly.
        """
        return ExactDraws(theory, self.precision)
