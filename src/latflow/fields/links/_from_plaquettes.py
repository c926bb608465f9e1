"""U(1) links in two dimensions from their plaquettes: the way back through a maximal tree."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.errors import FieldError
from latflow.fields.links._paths import plaquette
from latflow.fields.links._u1 import U1Links

Plaquettes = Float[Array, "rows columns"]
AngleField = Float[Array, "2 rows columns"]


def require_two_dimensions(space: U1Links) -> None:
    """Refuse lattices whose plaquettes are not independent but for one constraint.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    if space.lattice.ndim != 2:
        raise FieldError(f"{space.description}: plaquettes are independent in two dimensions only")


def plaquette_angles(
    space: U1Links, field: Float[Array, "axes *lattice"]
) -> Float[Array, "*lattice"]:
    """theta_P(x) = theta_0(x) + theta_1(x+0) - theta_0(x+1) - theta_1(x), not wrapped.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    require_two_dimensions(space)
    return plaquette(space, field, 0, 1)


def links_from_plaquettes(
    space: U1Links, angles: Plaquettes, lines: Float[Array, "2"]
) -> AngleField:
    """The field on a maximal tree whose plaquettes and Polyakov loops these are.

    Links are one along axis 0, but for those of the last row, and along axis 1 for those of
    the first row, but for the last one. What is left is then fixed: theta_1 grows from row to row
    by the plaquettes in between, and theta_0 of the last row falls from column to column by the
    sums of whole columns. So the map of V - 1 plaquettes, two lines and V - 1 gauge angles to
    2 V links is a matrix of integers with determinant one: uniform angles make uniform links.

    Args:
        space: of the field.
        angles: of the plaquettes; their sum is a multiple of 2 pi, or the plaquette at the last
            row and column differs from what is asked for.
        lines: the angle along axis 0 at the first column, and along axis 1 at the first row.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    require_two_dimensions(space)
    rows, columns = space.lattice.shape
    sums = jnp.cumsum(angles, axis=0)
    first = jnp.zeros((1, columns), angles.dtype)
    second_axis = jnp.concatenate([first, sums[:-1]])
    second_axis = second_axis.at[:, columns - 1].add(lines[1])
    along_row = jnp.cumsum(sums[-1])
    last = lines[0] - jnp.concatenate([jnp.zeros((1,), angles.dtype), along_row[:-1]])
    first_axis = jnp.zeros((rows, columns), angles.dtype).at[rows - 1].set(last)
    return space.project(space.field_of([first_axis, second_axis]))


def random_links_from_plaquettes(
    key: Key[Array, ""], space: U1Links, angles: Plaquettes
) -> AngleField:
    """A field with these plaquettes, all else uniform: Polyakov loops, and the gauge.

    Args:
        key: of the random numbers.
        space: of the field.
        angles: of the plaquettes; their sum is a multiple of 2 pi.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    key_lines, key_gauge = jax.random.split(key)
    lines = jax.random.uniform(key_lines, (2,), angles.dtype, -jnp.pi, jnp.pi)
    field = links_from_plaquettes(space, angles, lines)
    return space.transformed(field, space.random_elements(key_gauge, angles.dtype))
