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
from latflow.fields.links._special_unitary_products import Matrices, matrix_product

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
    return matrix_product(there, _adjoint(matrix_product(first_line, second_line)))


def sequence_of(space: SULinks, field: MatrixField) -> PlaquetteSequence:
    """The plaquettes of a field, transported to its first site along the tree.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    _require_two_dimensions(space)
    gauge = _tree_gauge(space, field)
    on_tree = space.transformed(field, gauge)
    loops = plaquette(space, on_tree, 1, 0)
    first, second = space.link(on_tree, 0), space.link(on_tree, 1)
    return PlaquetteSequence(_in_sequence(loops), first[:, :, -1, 0], second[:, :, 0, -1], gauge)


def field_of_sequence(space: SULinks, sequence: PlaquetteSequence) -> MatrixField:
    """The inverse of :func:`sequence_of`.

    The plaquette at the last row and column is not looked at: it is what the others make it.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    _require_two_dimensions(space)
    rows, columns = space.lattice.shape
    loops = _on_lattice(sequence.plaquettes, rows, columns)
    one = jnp.broadcast_to(jnp.eye(space.n, dtype=loops.dtype)[:, :, None], loops[:, :, 0].shape)
    whole, above = _running_products(one, jnp.moveaxis(loops, 2, 0))
    start = one.at[:, :, -1].set(sequence.second_line)
    second = jax.vmap(lambda product: matrix_product(_adjoint(product), start))(above)
    second = jnp.moveaxis(second, 0, 2)

    def next_column(link, column):
        return matrix_product(column, link), link

    _, last_row = jax.lax.scan(next_column, sequence.first_line, jnp.moveaxis(whole, 2, 0))
    last_row = jnp.moveaxis(last_row, 0, 2)[:, :, None]
    first = jnp.broadcast_to(one[:, :, None], loops[:, :, : rows - 1].shape)
    first = jnp.concatenate([first, last_row], axis=2)
    on_tree = space.field_of([first, second])
    return space.project(space.transformed(on_tree, space.inverse(sequence.gauge)))


def product_of_sequence(plaquettes: Complex[Array, "n n volume"]) -> Matrix:
    """The ordered product of all of them."""
    one = jnp.eye(plaquettes.shape[0], dtype=plaquettes.dtype)
    return _running_products(one, jnp.moveaxis(plaquettes, 2, 0))[0]


def _running_products(one: Matrices, factors: Array) -> tuple[Matrices, Array]:
    """The product of all factors, and the products of those before each of them."""
    return jax.lax.scan(lambda have, factor: (matrix_product(have, factor), have), one, factors)


def _tree_gauge(space: SULinks, field: MatrixField) -> Matrices:
    """Omega with Omega(x + mu) = Omega(x) U_mu(x) on the tree, one at its first site."""
    first, second = space.link(field, 0), space.link(field, 1)
    one = jnp.eye(space.n, dtype=field.dtype)
    _, along_row = _running_products(one, jnp.moveaxis(second[:, :, 0], 2, 0))
    _, gauge = _running_products(jnp.moveaxis(along_row, 0, 2), jnp.moveaxis(first, 2, 0))
    return jnp.moveaxis(gauge, 0, 2)


def _in_sequence(loops: Complex[Array, "n n rows columns"]) -> Complex[Array, "n n volume"]:
    n = loops.shape[0]
    return jnp.swapaxes(jnp.flip(loops, 3), 2, 3).reshape(n, n, -1)


def _on_lattice(
    plaquettes: Complex[Array, "n n volume"], rows: int, columns: int
) -> Complex[Array, "n n rows columns"]:
    n = plaquettes.shape[0]
    return jnp.flip(jnp.swapaxes(plaquettes.reshape(n, n, columns, rows), 2, 3), 3)


def _adjoint(matrices: Matrices) -> Matrices:
    return jnp.conj(jnp.swapaxes(matrices, 0, 1))


def _require_two_dimensions(space: SULinks) -> None:
    if space.lattice.ndim != 2:
        raise FieldError(f"{space.description}: plaquettes are independent in two dimensions only")
