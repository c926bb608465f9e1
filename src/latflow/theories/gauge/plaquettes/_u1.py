r"""U(1) in two dimensions from independent plaquettes: exact draws, and densities close to them.

On a periodic lattice the V plaquette angles of a field add up to 2 pi Q; nothing else ties them
together. So V independent von Mises angles, sum = 2 pi Q + r with r in [-pi, pi), become
plaquettes of a field by spreading the residual r evenly,

    theta'_P = theta_P - r / V.

The map of V angles to V - 1 plaquettes and r is one-to-one, with determinant one (theta_P is
theta'_P + r / V, brought back to the circle). In the Haar measure the density of a field is hence

    q = int_-pi^pi dr / 2 pi  prod_P e^(beta cos(theta'_P + r / V)) / I_0(beta)
      = I_0(beta)^-V int dr / 2 pi  e^(beta [C cos(r / V) - S sin(r / V)]),

with C and S the sums of cos theta'_P and sin theta'_P: one smooth integral in one variable, which
a quadrature does to rounding.

**Weights are bounded.** The integral over r and -r together holds a cosh >= 1, so that
e^(beta C) / q is largest where S = 0 and |C| = V. Rejection from q with that bound is exact, and
accepts at least 85 % of all draws in the limit of many plaquettes, whatever beta: nearly all of
them both for beta << V and beta >> V.
"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy.special import ive

from latflow.fields.links import U1Links, random_links_from_plaquettes, turns, wrapped
from latflow.lattice import Lattice
from latflow.not_trained import NotTrained
from latflow.precision import sum_in_double
from latflow.theories.gauge._von_mises import von_mises
from latflow.trigonometry import cosine, sine

Plaquettes = Float[Array, "rows columns"]
Number = Float[Array, ""]


def independent_plaquettes(
    key: Key[Array, ""], beta: float, shape: tuple[int, ...], dtype
) -> Float[Array, "..."]:
    """Angles with densities proportional to e^(beta cos theta), beta of either sign."""
    angles = von_mises(key, jnp.full(shape, abs(beta), dtype))
    return angles if beta >= 0 else wrapped(angles + math.pi)


def log_bessel(beta: float) -> float:
    """log I_0(beta)."""
    return math.log(ive(0, beta)) + abs(beta)


class SpreadPlaquettes(NotTrained):
    """Independent plaquettes whose residual is spread evenly, and exact draws by rejection.

    Args:
        lattice: of two dimensions.
        beta: the coupling, of either sign.
    """

    lattice: Lattice
    beta: float = eqx.field(static=True)

    def draw(self, key: Key[Array, ""], dtype) -> tuple[Plaquettes, Number]:
        """Plaquette angles, whose sum is a multiple of 2 pi, and the residual r."""
        angles = independent_plaquettes(key, self.beta, self.lattice.shape, dtype)
        total = sum_in_double(angles)
        residual = total - 2 * math.pi * turns(total)
        return angles - (residual / self.lattice.volume).astype(dtype), residual

    def log_density(self, angles: Plaquettes) -> Number:
        """log q of a field with these plaquettes, in the Haar measure; in double precision."""
        angles = angles.astype(jnp.float64)
        cosines, sines = sum_in_double(cosine(angles)), sum_in_double(sine(angles))
        nodes, log_weights = self._quadrature
        exponents = cosines * np.cos(nodes) - sines * np.sin(nodes)
        log_integral = jax.scipy.special.logsumexp(self.beta * exponents + log_weights)
        return log_integral - self._log_norm

    def joint_log_density(self, angles: Plaquettes, residual: Number) -> Number:
        """log of the density of a field **and** r, with respect to Haar's times dr / 2 pi.

        What weights are made of where r is kept as an auxiliary variable of uniform target
        density; they fluctuate more than those of the field alone.
        """
        spread = angles.astype(jnp.float64) + residual / self.lattice.volume
        return self.beta * sum_in_double(cosine(spread)) - self._log_norm

    @property
    def largest_log_weight(self) -> float:
        """The largest value of beta C - log q: an upper bound that is reached."""
        nodes, log_weights = self._quadrature
        strength = abs(self.beta) * self.lattice.volume
        # The largest exponent is close to zero.
        integral = np.sum(np.exp(log_weights + strength * (np.cos(nodes) - 1)))
        return self._log_norm - math.log(integral)

    def draw_exactly(self, key: Key[Array, ""], dtype) -> Plaquettes:
        """Plaquette angles of the exact theory, by rejection; proposed until one is accepted."""
        bound = self.largest_log_weight

        def turn(state):
            key, _, _ = state
            key, use, decide = jax.random.split(key, 3)
            angles, _ = self.draw(use, dtype)
            action = self.beta * sum_in_double(cosine(angles.astype(jnp.float64)))
            log_weight = action - self.log_density(angles)
            uniform = jax.random.uniform(decide, (), jnp.float64)
            return key, angles, jnp.log(uniform) < log_weight - bound

        start = key, jnp.zeros(self.lattice.shape, dtype), jnp.zeros((), bool)
        return jax.lax.while_loop(lambda state: ~state[2], turn, start)[1]

    @property
    def _log_norm(self) -> float:
        return self.lattice.volume * log_bessel(self.beta)

    @property
    def _quadrature(self) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
        """Nodes r / V and logarithms of weights of int dr / 2 pi, by Gauss and Legendre.

        As many as the narrowest integrand needs, a Gaussian of width (V / beta)^(1/2), and the
        steepest, e^(beta r).
        """
        strength, volume = abs(self.beta), self.lattice.volume
        count = 32 + math.ceil(13 * math.sqrt(strength / volume)) + math.ceil(3 * strength)
        nodes, weights = np.polynomial.legendre.leggauss(count)
        return math.pi / volume * nodes, np.log(weights / 2)


class ExactU1Fields(NotTrained):
    """Draws fields of U(1) gauge theory in two dimensions: exact plaquettes in a random gauge.

    Args:
        space: of the fields.
        plaquettes: on its lattice.
    """

    space: U1Links
    plaquettes: SpreadPlaquettes

    def __call__(self, key: Key[Array, ""], dtype) -> Float[Array, "2 rows columns"]:
        """One field."""
        key_draw, key_links = jax.random.split(key)
        angles = self.plaquettes.draw_exactly(key_draw, dtype)
        return random_links_from_plaquettes(key_links, self.space, angles)
