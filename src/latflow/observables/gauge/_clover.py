"""The topological charge of SU(N) fields in four dimensions, by the clover field strength."""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.errors import FieldError
from latflow.fields.links import SULinks
from latflow.observables._observable import MeasuredTheory
from latflow.observables.gauge._charge import TopologicalCharge
from latflow.observables.gauge._gradient_flow import wilson_flow
from latflow.precision import sum_in_double

MatrixField = Complex[Array, "n n axes *lattice"]


def field_strength(
    space: SULinks, field: MatrixField, mu: int, nu: int
) -> Float[Array, "a *lattice"]:
    """F_{mu nu} = F_a T_a on all sites: a quarter of the sum over the four plaquettes of the plane
    that start at a site, projected on the algebra."""
    u, v = space.link(field, mu), space.link(field, nu)
    right, above = space.shift(v, mu), space.shift(u, nu)
    there, back = space.multiply(u, right), space.multiply(v, above)
    leaves = [
        space.product(there, back, (False, True)),
        space.shift(space.multiply(space.product(right, back, (False, True)), u), mu, -1),
        space.shift(
            space.product(space.product(v, there, (True, False)), above, (False, True)), nu, -1
        ),
        space.shift(space.shift(space.product(back, there, (True, False)), mu, -1), nu, -1),
    ]
    return space.coefficients(leaves[0] + leaves[1] + leaves[2] + leaves[3]) / 4


def clover_charge(space: SULinks, field: MatrixField) -> Float[Array, ""]:
    """Q = (1 / 8 pi^2) sum_x F_01.F_23 - F_02.F_13 + F_03.F_12, in four dimensions.

    That is (1 / 32 pi^2) eps tr F F of the continuum for Hermitian F. An integer on smooth fields
    only: up to corrections of the second order in the lattice spacing, and noise without flow.

    Raises:
        FieldError: the lattice is not four-dimensional.
    """
    if space.lattice.ndim != 4:
        raise FieldError(f"{space.description}: this charge is one of four dimensions")
    pairs = (((0, 1), (2, 3), 1), ((0, 2), (1, 3), -1), ((0, 3), (1, 2), 1))
    total = jnp.zeros((), jnp.float64)
    for one, other, sign in pairs:
        product = field_strength(space, field, *one) * field_strength(space, field, *other)
        total = total + sign * sum_in_double(product)
    return total / (8 * math.pi**2)


class CloverCharge(TopologicalCharge):
    """The clover charge at a flow time: the quantities of a topological charge.

    Args:
        flow_time: of the gradient flow that smooths the field, in lattice units; the longer, the
            closer is Q to an integer.
    """

    name = "clover-charge"
    flow_time: float = eqx.field(static=True, default=0.5)

    def charge(self, theory: MeasuredTheory, field: MatrixField) -> Float[Array, ""]:
        """Q of the smoothed field."""
        return clover_charge(theory.space, wilson_flow(theory.space, field, self.flow_time))
