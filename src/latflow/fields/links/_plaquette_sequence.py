r"""SU(N) links in two dimensions as a sequence of plaquettes whose product is known.

A maximal tree of links is one: along axis 0 all but those of the last row, along axis 1 those of
the first row but for the last one, which is A. With P(t, x) = U_1(t, x) U_0(t, x+1) U_1(t+1, x)^+
U_0(t, x)^+ the links along axis 1 are fixed row by row, U_1(t+1, x) = P(t, x)^+ U_1(t, x), and
those along axis 0 of the last row, which begin with B, column by column, U_0(T-1, x+1) = C_x
U_0(T-1, x) with the product of a column C_x = P(0, x) ... P(T-1, x). The way back to the first
column closes if

    C_{L-1} ... C_1 C_0 = A B A^+ B^+.

So V - 1 plaquettes, A and B are free: products with group elements, which the Haar measure does
not see, lead to them from the links, and the last plaquette is fixed by the product of all of
them in this order, the *sequence*.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex

from latflow.errors import FieldError
from latflow.fields.links._paths import plaquette
from latflow.fields.links._special_unitary import MatrixField, SULinks
from latflow.fields.links._special_unitary_products import (
    Matrices,
    adjoint_of,
    matrix_primitive,
    matrix_product,
)

Matrix = Complex[Array, "n n"]


class PlaquetteSequence(NamedTuple):
    """A field in two dimensions: plaquettes in the order of their product, lines, and gauge.

    ``plaquettes`` have the shape (N, N, V); number k is the one at the row t and the column x with
    k = (L - 1 - x) T + t. ``first_line`` is B, along axis 0, and ``second_line`` A, along axis 1.
    ``gauge`` are the elements, (N, N, T, L), that bring the tree's links to one.
    """

    plaquettes: Complex[Array, "n n volume"]
    first_line: Matrix
    second_line: Matrix
    gauge: Complex[Array, "n n rows columns"]


def closing_product(first_line: Matrix, second_line: Matrix) -> Matrix:
    """A B A^+ B^+, which the product of all plaquettes is."""
    there = matrix_product(second_line, first_line)
    return matrix_product(there, matrix_product(first_line, second_line), (False, True))


def sequence_of(space: SULinks, field: MatrixField) -> PlaquetteSequence:
    """The plaquettes of a field, transported to its first site along the tree.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    _require_two_dimensions(space)
    return PlaquetteSequence(*_sequence_p.bind(field, space=space))


def field_of_sequence(space: SULinks, sequence: PlaquetteSequence) -> MatrixField:
    """The inverse of :func:`sequence_of`.

    The plaquette at the last row and column is not looked at: it is what the others make it.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    _require_two_dimensions(space)
    return _field_p.bind(*sequence, space=space)


def product_of_sequence(plaquettes: Complex[Array, "n n volume"]) -> Matrix:
    """The ordered product of all of them."""
    return _ordered_product_p.bind(plaquettes)


def _ordered_product(factors: Matrices) -> Matrices:
    """Of neighbours first, then of their products: all of a level at once."""
    while factors.shape[2] > 1:
        paired = factors.shape[2] // 2 * 2
        rest = factors[:, :, paired:]
        products = matrix_product(factors[:, :, :paired:2], factors[:, :, 1:paired:2])
        factors = jnp.concatenate([products, rest], axis=2) if rest.shape[2] else products
    return factors[:, :, 0]


def _running_products(start: Matrices, factors: Matrices) -> Matrices:
    """start, start f_1, start f_1 f_2, ...: along the third axis, one more than factors."""
    return _running_products_p.bind(start, factors)


def _scanned(start, factors):
    def step(have, factor):
        return matrix_product(have, factor), have

    last, before = jax.lax.scan(step, start, jnp.moveaxis(factors, 2, 0))
    return jnp.moveaxis(jnp.concatenate([before, last[None]]), 0, 2)


def _sequence(field: Matrices, *, space: SULinks) -> list[Matrices]:
    gauge, first, second = _tree_gauge(space, field), space.link(field, 0), space.link(field, 1)
    loops = matrix_product(plaquette(space, field, 1, 0), gauge, (False, True))
    return [
        _in_sequence(matrix_product(gauge, loops)),
        matrix_product(gauge[:, :, -1, 0], first[:, :, -1, 0]),
        matrix_product(gauge[:, :, 0, -1], second[:, :, 0, -1]),
        gauge,
    ]


def _field(
    plaquettes: Matrices,
    first_line: Matrices,
    second_line: Matrices,
    gauge: Matrices,
    *,
    space: SULinks,
) -> Matrices:
    rows, columns = space.lattice.shape
    loops = _on_lattice(plaquettes, rows, columns)
    one = _identity_like(loops[:, :, 0])
    running = _running_products(one, loops)
    above, whole = running[:, :, :rows], running[:, :, rows]
    # Each link of the last row is the column before it times the link before it: adjoint, a
    # running product. Those of other rows are one on the tree.
    last_row = _running_products(adjoint_of(first_line), adjoint_of(whole[:, :, :-1]))
    last_row = matrix_product(
        matrix_product(last_row, gauge[:, :, -1]), gauge[:, :, 0], (True, False)
    )
    other_rows = matrix_product(gauge[:, :, :-1], gauge[:, :, 1:], (True, False))
    first = jnp.concatenate([other_rows, last_row[:, :, None]], axis=2)
    # Links across are one on the first row, but for the last of them.
    line = jnp.broadcast_to(second_line[:, :, None], gauge[:, :, :, 0].shape)
    around = matrix_product(line, gauge[:, :, :, 0])[:, :, :, None]
    ahead = jnp.concatenate([gauge[:, :, :, 1:], around], axis=3)
    second = matrix_product(matrix_product(above, gauge), ahead, (True, False))
    field = space.field_of([first, second])
    # What is taken off is rounding: along the group the derivative is that of the identity.
    return field + jax.lax.stop_gradient(space.project(field) - field)


def _tree_gauge(space: SULinks, field: Matrices) -> Matrices:
    """Omega with Omega(x + mu) = Omega(x) U_mu(x) on the tree, one at its first site."""
    first, second = space.link(field, 0), space.link(field, 1)
    one = _identity_like(second[:, :, 0, 0])
    along_row = _running_products(one, second[:, :, 0, :-1])
    return _running_products(along_row, first[:, :, :-1])


def _identity_like(matrices: Matrices) -> Matrices:
    n, further = matrices.shape[0], matrices.ndim - 2
    one = jnp.eye(n, dtype=matrices.dtype).reshape(n, n, *(1,) * further)
    return jnp.broadcast_to(one, matrices.shape)


def _in_sequence(loops: Matrices) -> Matrices:
    columns_first = jnp.swapaxes(jnp.flip(loops, 3), 2, 3)
    return columns_first.reshape(*loops.shape[:2], -1, *loops.shape[4:])


def _on_lattice(plaquettes: Matrices, rows: int, columns: int) -> Matrices:
    shape = plaquettes.shape
    columns_first = plaquettes.reshape(*shape[:2], columns, rows, *shape[3:])
    return jnp.flip(jnp.swapaxes(columns_first, 2, 3), 3)


def _require_two_dimensions(space: SULinks) -> None:
    if space.lattice.ndim != 2:
        raise FieldError(f"{space.description}: plaquettes are independent in two dimensions only")


_ordered_product_p = matrix_primitive("latflow_ordered_product", _ordered_product)
_running_products_p = matrix_primitive("latflow_running_products", _scanned)
_sequence_p = matrix_primitive("latflow_plaquette_sequence", _sequence, several=True)
_field_p = matrix_primitive("latflow_field_of_sequence", _field)
