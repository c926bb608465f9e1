"""Links of the group SU(N): matrices."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Key

from latflow import fast_random
from latflow.errors import FieldError
from latflow.fields.links._link_space import LinkSpace
from latflow.fields.links._special_unitary_algebra import algebra_of, coefficients_p
from latflow.fields.links._special_unitary_exponential import move_p
from latflow.fields.links._special_unitary_products import (
    Matrices,
    adjoint_p,
    matrix_product,
    roll_p,
    stack_p,
)
from latflow.fields.links._special_unitary_rows import unitary_p
from latflow.lattice import Lattice
from latflow.precision import sum_in_double

MatrixField = Complex[Array, "n n axes *lattice"]
Momenta = Float[Array, "a axes *lattice"]


class SULinks(LinkSpace):
    """Fields of one SU(N) matrix on every link; complex arrays of shape (N, N, D, *lattice).

    Components come first, so that loops run over sites: ``field[i, j, mu]`` is the entry (i, j)
    of U_mu on all sites. Elements on all sites have the shape (N, N, *lattice).

    The measure is that of Haar. Velocities and momenta are real coefficients of shape
    (N^2 - 1, D, *lattice) of anti-Hermitian T_a with tr T_a T_b = -delta_ab / 2, and motion is
    U -> exp(v_a T_a) U.

    Args:
        lattice: of any dimension.
        n: N >= 2.

    Raises:
        FieldError: N < 2.
    """

    lattice: Lattice
    n: int = eqx.field(static=True)

    def __check_init__(self):
        if self.n < 2:
            raise FieldError(f"SU(N) needs N >= 2, got {self.n}; for phases use U(1) links")

    @property
    def description(self) -> str:
        """The space in words, for messages."""
        return f"SU({self.n}) links on {' x '.join(map(str, self.lattice.shape))}"

    @property
    def is_compact(self) -> bool:
        """A product of groups."""
        return True

    @property
    def n_variables(self) -> int:
        """N^2 - 1 for each link."""
        return math.prod(self._momenta)

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.n, self.n, self.lattice.ndim, *self.lattice.shape)

    @property
    def _momenta(self) -> tuple[int, ...]:
        return (self.n**2 - 1, self.lattice.ndim, *self.lattice.shape)

    def structure(self, dtype) -> jax.ShapeDtypeStruct:
        """A complex array of shape (N, N, D, *lattice)."""
        return jax.ShapeDtypeStruct(self._shape, _complex(dtype))

    def random(self, key: Key[Array, ""], dtype) -> MatrixField:
        """A draw from the Haar measure."""
        return _haar(key, self._shape, dtype)

    def cold(self, dtype) -> MatrixField:
        """All links one."""
        return jnp.broadcast_to(self._one(dtype)[:, :, None], self._shape)

    def momentum(self, key: Key[Array, ""], dtype) -> Momenta:
        """Independent standard normal coefficients, from the samplers' own generator."""
        return fast_random.normal(key, self._momenta, dtype)

    def kinetic(self, momentum: Momenta) -> Float[Array, ""]:
        """Half the sum of squared coefficients, which is -tr p^2."""
        return 0.5 * sum_in_double(momentum * momentum)

    def move(self, field: MatrixField, velocity: Momenta) -> MatrixField:
        """U -> exp(v_a T_a) U."""
        return move_p.bind(field, velocity)

    def project(self, field: MatrixField) -> MatrixField:
        """Rows made orthonormal, one after the other, and the last one such that det U = 1."""
        return unitary_p.bind(field)

    def from_slope(self, field: MatrixField, slope: MatrixField) -> Momenta:
        """g_a = Re tr(slope^+ T_a U): with dU = T_a U the change is Re sum conj(slope) dU."""
        return -0.5 * self.coefficients(self.product(field, slope, (False, True)))

    def link(self, field: MatrixField, axis: int) -> Matrices:
        """U_axis on all sites."""
        return jax.lax.index_in_dim(field, axis, 2, keepdims=False)

    def field_of(self, links: list[Matrices]) -> MatrixField:
        """The links of each axis in one array."""
        return stack_p.bind(*links, axis=2)

    def multiply(self, first: Matrices, second: Matrices) -> Matrices:
        """The product of the matrices."""
        return self.product(first, second)

    def product(
        self, first: Matrices, second: Matrices, adjoints: tuple[bool, bool] = (False, False)
    ) -> Matrices:
        """The product of the matrices or, where ``adjoints`` says so, of their adjoints."""
        return matrix_product(first, second, adjoints)

    def inverse(self, elements: Matrices) -> Matrices:
        """The adjoint."""
        return adjoint_p.bind(elements)

    def identity(self, dtype) -> Matrices:
        """The unit matrix on every site."""
        return jnp.broadcast_to(self._one(dtype), (self.n, self.n, *self.lattice.shape))

    def shift(self, elements: Matrices, axis: int, n: int = 1) -> Matrices:
        """result(x) = elements(x + n axis)."""
        return roll_p.bind(elements, axis=2 + axis, step=n)

    def trace(self, elements: Matrices) -> Complex[Array, "..."]:
        """tr U / N."""
        diagonal = [elements[i, i] for i in range(self.n)]
        return sum(diagonal[1:], diagonal[0]) / self.n

    def real_trace(self, elements: Matrices) -> Float[Array, "..."]:
        """Re tr U / N."""
        return self.trace(elements).real

    def random_elements(self, key: Key[Array, ""], dtype) -> Matrices:
        """A matrix from the Haar measure on every site."""
        return _haar(key, (self.n, self.n, *self.lattice.shape), dtype)

    def coefficients(self, matrices: Matrices) -> Float[Array, "a ..."]:
        """p_a = -2 Re tr(T_a M): of the anti-Hermitian traceless part of each matrix."""
        return coefficients_p.bind(matrices)

    def bracket(self, first: Momenta, second: Momenta) -> Momenta:
        """The coefficients of [p_a T_a, q_b T_b]."""
        # XY - (XY)^+ for anti-Hermitian matrices: twice the part that has coefficients.
        return 2 * self.coefficients(self.product(algebra_of(first), algebra_of(second)))

    def _one(self, dtype) -> Matrices:
        one = jnp.eye(self.n, dtype=_complex(dtype))
        return one.reshape(self.n, self.n, *(1,) * self.lattice.ndim)


def _complex(dtype):
    return jnp.result_type(dtype, jnp.complex64)


def _haar(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Matrices:
    """Orthonormal rows of Gaussian matrices: their law is invariant under products from the
    right by any unitary matrix, and so is that of the rows."""
    numbers = jax.random.normal(key, (2, *shape), dtype)
    return unitary_p.bind(jax.lax.complex(numbers[0], numbers[1]))
