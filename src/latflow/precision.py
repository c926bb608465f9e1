"""Single or double precision: what a run may ask for, and sums that are always in double."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from latflow.errors import PrecisionError

Precision = Literal["single", "double"]


class Accuracy(eqx.Module):
    """How accurately a part is evaluated: settings, without arrays, that are no architecture.

    A model that starts from a trained one keeps its own: a flow may be given more steps on a larger
    lattice than it had on a smaller one.
    """


class FixedSteps(Accuracy):
    """Steps of equal length, of the classical Runge-Kutta method and of one of order 8.

    Attributes:
        steps: in single precision.
        precise_steps: in double precision.
    """

    steps: int = eqx.field(static=True)
    precise_steps: int = eqx.field(static=True)


def require_double() -> None:
    """Refuse to go on where JAX would silently round double precision to single.

    Raises:
        PrecisionError: JAX's x64 mode is off.
    """
    if not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise PrecisionError(
            "latflow sums actions and weights in double precision: call "
            'jax.config.update("jax_enable_x64", True) at the start of your program'
        )


def dtype_of(precision: Precision):
    """The JAX dtype of a precision name."""
    if precision == "double":
        require_double()
        return jnp.float64
    return jnp.float32


def sum_in_double(values: Shaped[Array, "..."]) -> Float[Array, ""]:
    """Sum of all entries, accumulated in double precision whatever the entries' dtype.

    Raises:
        PrecisionError: JAX's x64 mode is off.
    """
    require_double()
    return jnp.sum(values, dtype=jnp.float64)
