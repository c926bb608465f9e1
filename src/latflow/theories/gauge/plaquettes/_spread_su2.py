r"""SU(2) in two dimensions: all plaquettes drawn freely, the residual of their product spread.

The analogue of :class:`~latflow.theories.gauge.SpreadPlaquettes` for a group that does not commute.
The plaquettes of a field have the ordered product G = C, the commutator of the two lines
(:class:`~latflow.fields.links.PlaquetteSequence`). Of V free ones P_k with the product G the
residual is R = C^-1 G, and

    P'_k = R^((k-1)/V) P_k R^(-k/V)

telescopes to the product G R^-1 = C: every plaquette turns by the V-th part of R. In terms of
running products G_k = P_1 ... P_k the map is G'_k = G_k R^(-k/V), with R fixed by the last of them:
a product with a fixed element for every k < V, so that **the determinant is one**, and R is uniform
where the density of the rest does not fix it. As Re tr P_k = Re tr P'_k R^(1/V), the density of a
field sees its plaquettes through one matrix, their sum M = sum_k P'_k = m_0 + i m sigma,

    q = z^-V int dR exp((beta / 2) Re tr M R^(1/V))
      = z^-V (2 / pi) int_0^pi d rho sin^2 rho  e^(beta m_0 cos(rho/V)) sinh(b) / b,

b = beta |m| sin(rho / V): one smooth integral in one variable, done to rounding.

**Weights are bounded.** sinh(b) / b >= 1, so that e^(beta m_0) / q is largest where m = 0 and
m_0 = V (or -V for beta < 0). Rejection with that bound is exact; in the limit of many plaquettes at
fixed beta everything is accepted.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Key

from latflow.fields.links import (
    SULinks,
    closing_product,
    matrix_product,
    product_of_sequence,
    sequence_of,
)
from latflow.not_trained import NotTrained, in_precision
from latflow.theories.gauge.plaquettes._free_su import haar_elements, random_field_of_sequence
from latflow.theories.gauge.plaquettes._one import OnePlaquette

MatrixField = Complex[Array, "n n axes *lattice"]

Number = Float[Array, ""]


class SpreadSU2Plaquettes(NotTrained):
    """V independent plaquettes whose residual is spread evenly.

    Args:
        space: SU(2) links in two dimensions.
        one: the density of a plaquette.
    """

    space: SULinks
    one: OnePlaquette

    @property
    def sites_are_alike(self) -> bool:
        """Not quite: the sum of transported plaquettes knows where the tree begins."""
        return False

    def draw(self, key: Key[Array, ""], dtype) -> MatrixField:
        """A field, with everything but its plaquettes uniform."""
        key_draw, key_lines, key_gauge = jax.random.split(key, 3)
        volume = self.space.lattice.volume
        free = self.one.draw(key_draw, volume, jnp.float64)
        lines = haar_elements(key_lines, 2, 2, jnp.float64)
        closing = closing_product(lines[:, :, 0], lines[:, :, 1])
        residual = matrix_product(jnp.conj(closing.T), product_of_sequence(free))
        numbers = jnp.arange(volume + 1) / volume
        powers = powers_of(residual, numbers)
        # R^(k/V) is what the k-th one takes off, and what the next one begins with.
        taken = jnp.conj(jnp.swapaxes(powers[:, :, 1:], 0, 1))
        spread = matrix_product(powers[:, :, :-1], matrix_product(free, taken))
        field = random_field_of_sequence(key_gauge, self.space, spread, lines)
        return in_precision(field, dtype)

    def log_density(self, field: MatrixField) -> Number:
        """log q of a field in the Haar measure, in double precision."""
        total = jnp.sum(
            sequence_of(self.space, in_precision(field, jnp.float64)).plaquettes, axis=2
        )
        scalar = 0.5 * (total[0, 0] + total[1, 1]).real
        vector = jnp.stack(
            [
                0.5 * (total[0, 0] - total[1, 1]).imag,
                0.5 * (total[0, 1] + total[1, 0]).imag,
                0.5 * (total[0, 1] - total[1, 0]).real,
            ]
        )
        # The square of b is all that the integrand sees, and smooth where the vector vanishes.
        square = jnp.sum(vector**2)
        nodes, log_weights = self._quadrature
        beta, angles = self.one.beta, nodes / self.space.lattice.volume
        exponents = beta * scalar * np.cos(angles)
        exponents = exponents + log_sinhc(beta**2 * square * np.sin(angles) ** 2)
        return jax.scipy.special.logsumexp(exponents + log_weights) - self._log_norm

    @property
    def largest_log_weight(self) -> float:
        """The largest value of -S - log q: an upper bound that is reached."""
        nodes, log_weights = self._quadrature
        volume = self.space.lattice.volume
        strength = abs(self.one.beta) * volume
        integral = np.sum(np.exp(log_weights + strength * (np.cos(nodes / volume) - 1)))
        return self._log_norm - math.log(integral)

    @property
    def _log_norm(self) -> float:
        return self.space.lattice.volume * self.one.log_norm

    @property
    def _quadrature(self) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
        """Nodes rho and logarithms of weights of (2 / pi) int d rho sin^2 rho, by Gauss-Legendre.

        As many as the narrowest integrand needs, a Gaussian of width (V / beta)^(1/2), and the
        steepest, e^(beta rho).
        """
        strength, volume = abs(self.one.beta), self.space.lattice.volume
        count = 32 + math.ceil(13 * math.sqrt(strength / volume)) + math.ceil(3 * strength)
        nodes, weights = np.polynomial.legendre.leggauss(count)
        nodes = math.pi * (nodes + 1) / 2
        return nodes, np.log(weights * np.sin(nodes) ** 2)


def powers_of(
    element: Complex[Array, "2 2"], exponents: Float[Array, " count"]
) -> Complex[Array, "2 2 count"]:
    """R^s of an element cos rho + i n sigma sin rho, 0 <= rho < pi: the same with s rho.

    Rho is found from sine and cosine, so that it is accurate at both ends.
    """
    cosine = 0.5 * (element[0, 0] + element[1, 1]).real
    traceless = element - cosine * jnp.eye(2, dtype=element.dtype)
    sine = jnp.sqrt(0.5 * jnp.sum(traceless.real**2 + traceless.imag**2))
    rho = jnp.arctan2(sine, cosine)
    scale = jnp.sin(exponents * rho) / jnp.where(sine > 0, sine, 1)
    one = jnp.eye(2, dtype=element.dtype)[:, :, None]
    return jnp.cos(exponents * rho) * one + scale * traceless[:, :, None]


def log_sinhc(square: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(sinh(b) / b) as a function of b^2 >= 0, with derivatives at zero."""
    is_small = square < 1e-2
    b = jnp.sqrt(jnp.where(is_small, 1.0, square))
    large = b + jnp.log1p(-jnp.exp(-2 * b)) - jnp.log(2 * b)
    x = jnp.where(is_small, square, 0.0)
    series = x * (1 / 6 - x * (1 / 180 - x * (1 / 2835 - x * (1 / 37800 - x / 467775))))
    return jnp.where(is_small, series, large)
