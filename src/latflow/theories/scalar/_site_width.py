"""How large the field of a theory is on a site, to order one: where chains may start."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.theories._theory import Coupling

_POINTS = 801
_REACH = 8.0


def site_width(a: Coupling, g: Coupling) -> Float[Array, ""]:
    """sqrt(<phi^2>) of one site by itself, with the weight exp(-a phi^2 - g phi^4).

    Neighbours make fields wider than that, by a factor of order one.

    Args:
        a: coefficient of the square; positive where g = 0.
        g: of the fourth power, >= 0.
    """
    # The width of the well, or of one of two wells, and how far these are from zero.
    narrow = 1 / jnp.sqrt(2 * jnp.abs(a) + jnp.sqrt(12 * g))
    minimum = jnp.sqrt(jnp.maximum(-a, 0.0) / (2 * jnp.where(g > 0, g, 1.0)))
    phi = jnp.linspace(-1.0, 1.0, _POINTS) * (minimum + _REACH * narrow)
    potential = (a + g * phi**2) * phi**2
    weight = jnp.exp(-(potential - potential.min()))
    return jnp.sqrt(jnp.sum(weight * phi**2) / jnp.sum(weight))
