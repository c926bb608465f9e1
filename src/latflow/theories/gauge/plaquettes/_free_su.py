r"""SU(N) in two dimensions: all plaquettes but one drawn independently, the last one constrained.

Lines, gauge and V - 1 plaquettes are free in the Haar measure (see
:class:`~latflow.fields.links.PlaquetteSequence`), so that with the last one at a fixed site the
density is e^(s_1 + ... + s_(V-1)) / z^(V-1) with s = (beta / N) Re tr P. Where the site of the last
one is drawn, with the same probability everywhere, the density of the field is the mean over sites,

    q = z^(1-V) e^(sum s_P) (1/V) sum_P e^(-s_P),

and weights are one over the mean of e^(-s_P): their variance falls like 1 / V. They are bounded by
the largest e^(s_P), for any group.
"""

import math
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Key

from latflow.fields.links import PlaquetteSequence, SULinks, field_of_sequence, plaquette
from latflow.lattice import Lattice
from latflow.not_trained import NotTrained, in_precision
from latflow.precision import sum_in_double
from latflow.theories.gauge.plaquettes._one import OnePlaquette

MatrixField = Complex[Array, "n n axes *lattice"]

Place = Literal["fixed", "random"]


def log_density_of_free(
    exponents: Float[Array, "rows columns"], place: Place, log_norm: float
) -> Float[Array, ""]:
    """log q of V - 1 independent plaquettes with densities e^s / z and a constrained one.

    Args:
        exponents: s of all plaquettes, in double precision.
        place: of the constrained one: at the last site, or anywhere with equal probabilities.
        log_norm: log z.
    """
    flat = exponents.reshape(-1)
    without = -flat[-1]
    if place == "random":
        without = jax.scipy.special.logsumexp(-flat) - math.log(flat.size)
    return sum_in_double(flat) + without - (flat.size - 1) * log_norm


def random_field_of_sequence(
    key: Key[Array, ""],
    space: SULinks,
    plaquettes: Complex[Array, "n n volume"],
    lines: Complex[Array, "n n 2"],
) -> MatrixField:
    """The field with these plaquettes, in their sequence, and lines, in a random gauge.

    Raises:
        FieldError: the lattice is not two-dimensional.
    """
    gauge = space.random_elements(key, plaquettes.real.dtype)
    sequence = PlaquetteSequence(plaquettes, lines[:, :, 0], lines[:, :, 1], gauge)
    return field_of_sequence(space, sequence)


class FreeSUPlaquettes(NotTrained):
    """V - 1 independent plaquettes of SU(2) or SU(3), and what the constraint makes of the last.

    Args:
        space: of the fields, in two dimensions.
        one: the density of a plaquette.
        place: of the constrained one.
    """

    space: SULinks
    one: OnePlaquette
    place: Place = eqx.field(static=True)

    @property
    def sites_are_alike(self) -> bool:
        """Whether translations leave the density as it is."""
        return self.place == "random"

    @property
    def largest_log_weight(self) -> float:
        """An upper bound of -S - log q: of the constrained plaquette's exponent, and norms.

        The largest and the smallest value of Re tr P / N are 1 and -1 for even N, and 1 and
        -cos(pi / N) for odd N.
        """
        n, beta = self.one.n, self.one.beta
        smallest = -1.0 if n % 2 == 0 else -math.cos(math.pi / n)
        largest = beta if beta >= 0 else beta * smallest
        return (self.space.lattice.volume - 1) * self.one.log_norm + largest

    def draw(self, key: Key[Array, ""], dtype) -> MatrixField:
        """A field, with everything but its plaquettes uniform."""
        key_draw, key_lines, key_gauge, key_place = jax.random.split(key, 4)
        drawn = self.one.draw(key_draw, self.space.lattice.volume, dtype)
        lines = haar_elements(key_lines, self.space.n, 2, dtype)
        field = random_field_of_sequence(key_gauge, self.space, drawn, lines)
        if self.place == "fixed":
            return field
        # The last site goes anywhere by a translation of the whole field.
        steps = jax.random.randint(key_place, (2,), 0, jnp.asarray(self.space.lattice.shape))
        return jnp.roll(jnp.roll(field, steps[0], axis=3), steps[1], axis=4)

    def log_density(self, field: MatrixField) -> Float[Array, ""]:
        """log q of a field in the Haar measure, in double precision."""
        return log_density_of_free(self.exponents(field), self.place, self.one.log_norm)

    def exponents(self, field: MatrixField) -> Float[Array, "rows columns"]:
        """s = (beta / N) Re tr P of all plaquettes."""
        loops = plaquette(self.space, in_precision(field, jnp.float64), 0, 1)
        return self.one.beta * self.space.real_trace(loops)


def haar_elements(key: Key[Array, ""], n: int, count: int, dtype) -> Complex[Array, "n n count"]:
    """Independent elements from the Haar measure."""
    return SULinks(Lattice((count,)), n).random_elements(key, dtype)
