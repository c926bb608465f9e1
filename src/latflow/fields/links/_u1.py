"""Links of the group U(1): angles."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Key

from latflow import fast_random
from latflow.batching import stacked, stored
from latflow.errors import FieldError
from latflow.fields.links._link_space import LinkSpace
from latflow.lattice import Lattice
from latflow.neighbours import rolled
from latflow.precision import sum_in_double
from latflow.trigonometry import cosine, sine

Angles = Float[Array, "..."]
AngleField = Float[Array, "axes *lattice"]


class U1Links(LinkSpace):
    """Fields of one angle in (-pi, pi] on every link; arrays of shape (D, *lattice).

    The measure is that of Haar, dtheta / 2 pi; velocities and momenta are real numbers.
    """

    lattice: Lattice

    @property
    def is_compact(self) -> bool:
        """A product of circles."""
        return True

    @property
    def n_variables(self) -> int:
        """One for each link: D V."""
        return self.lattice.ndim * self.lattice.volume

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.lattice.ndim, *self.lattice.shape)

    def structure(self, dtype) -> jax.ShapeDtypeStruct:
        """An array of shape (D, *lattice)."""
        return jax.ShapeDtypeStruct(self._shape, jnp.dtype(dtype))

    def random(self, key: Key[Array, ""], dtype) -> AngleField:
        """Independent uniform angles: a draw from the Haar measure."""
        # Stored, so that no reader of a batch of them makes its numbers again, and with it last.
        return stored([jax.random.uniform(key, self._shape, dtype, -math.pi, math.pi)])[0]

    def cold(self, dtype) -> AngleField:
        """All angles zero."""
        return jnp.zeros(self._shape, dtype)

    def momentum(self, key: Key[Array, ""], dtype) -> AngleField:
        """Independent standard normal momenta, from the samplers' own generator."""
        return fast_random.normal(key, self._shape, dtype)

    def kinetic(self, momentum: AngleField) -> Float[Array, ""]:
        """Half the sum of squared momenta."""
        return 0.5 * sum_in_double(momentum * momentum)

    def move(self, field: AngleField, velocity: AngleField) -> AngleField:
        """Around the circles: field + velocity, back in (-pi, pi]."""
        return wrapped(field + velocity)

    def project(self, field: AngleField) -> AngleField:
        """Back in (-pi, pi]."""
        return wrapped(field)

    def link(self, field: AngleField, axis: int) -> Angles:
        """theta_axis(x) on all sites."""
        return jax.lax.index_in_dim(field, axis, 0, keepdims=False)

    def field_of(self, links: list[Angles]) -> AngleField:
        """One angle for each axis and site."""
        return stacked(links)

    def multiply(self, first: Angles, second: Angles) -> Angles:
        """The sum of the angles; not wrapped, which nothing that follows needs."""
        return first + second

    def inverse(self, elements: Angles) -> Angles:
        """Minus the angle."""
        return -elements

    def identity(self, dtype) -> Angles:
        """Zero on every site."""
        return jnp.zeros(self.lattice.shape, dtype)

    def shift(self, elements: Angles, axis: int, n: int = 1) -> Angles:
        """result(x) = elements(x + n axis)."""
        return rolled(elements, axis, n)

    def trace(self, elements: Angles) -> Complex[Array, "..."]:
        """e^(i theta)."""
        return jax.lax.complex(cosine(elements), sine(elements))

    def real_trace(self, elements: Angles) -> Float[Array, "..."]:
        """cos theta."""
        return cosine(elements)

    def random_elements(self, key: Key[Array, ""], dtype) -> Angles:
        """Uniform angles."""
        return jax.random.uniform(key, self.lattice.shape, dtype, -math.pi, math.pi)

    def bracket(self, first: AngleField, second: AngleField) -> AngleField:
        """Zero: rotations of a circle commute."""
        return jnp.zeros_like(first)

    def transformed(self, field: AngleField, gauge: Angles) -> AngleField:
        """theta_mu(x) + omega(x) - omega(x + mu), back in (-pi, pi]."""
        return wrapped(super().transformed(field, gauge))

    def topological_charge(self, field: AngleField) -> Float[Array, ""]:
        """Q = (1/2 pi) sum over plaquettes of arg e^(i theta_P), in two dimensions; an integer.

        Sum theta_P = 0 identically, so Q is minus the number of turns that arg takes off: it is
        counted, and free of rounding errors unless a plaquette is within one of theta_P = pi.

        Raises:
            FieldError: the lattice is not two-dimensional.
        """
        if self.lattice.ndim != 2:
            raise FieldError(
                f"{self.description}: the charge of U(1) is an integer in two dimensions only"
            )
        first, second = self.link(field, 0), self.link(field, 1)
        angle = first + self.shift(second, 0) - self.shift(first, 1) - second
        return -sum_in_double(turns(angle))


def turns(angle: Angles) -> Angles:
    """How many turns, a whole number, have to be taken off an angle to have it in (-pi, pi]."""
    return jnp.ceil((angle - math.pi) * (0.5 / math.pi))


def wrapped(angle: Angles) -> Angles:
    """The angle in (-pi, pi]; the derivative is one."""
    return angle - 2 * math.pi * turns(angle)
