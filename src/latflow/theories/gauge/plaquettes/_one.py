r"""One plaquette of SU(N) by itself: exact draws from exp((beta / N) Re tr P) in the Haar measure.

In the eigenvalues e^(i theta_j), sum theta_j = 0, the density is (Weyl)

    exp((beta / N) sum_j cos theta_j) prod_{j < k} 4 sin^2((theta_j - theta_k) / 2),

and eigenvectors are uniform. Angles are drawn by rejection: from cells of a grid, each with an
upper bound of the density in it, found by interval arithmetic; so nothing is approximated.
"""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Key

from latflow.errors import ConfigError
from latflow.fields.links import SULinks, matrix_product
from latflow.lattice import Lattice
from latflow.not_trained import NotTrained
from latflow.theories.gauge._su_characters import log_plaquette_norm

# Cells along each of the N - 1 axes: nine of ten draws are accepted.
_CELLS = {2: 1024, 3: 192}


class OnePlaquette(NotTrained):
    """Independent elements of SU(N) with the density exp((beta / N) Re tr P) / z.

    Args:
        n: 2 or 3.
        beta: the coupling, of either sign.

    Raises:
        ConfigError: N is larger.
    """

    n: int = eqx.field(static=True)
    beta: float = eqx.field(static=True)

    def __check_init__(self):
        if self.n not in _CELLS:
            raise ConfigError(
                "theory.kind",
                f"plaquettes of SU({self.n}) are not drawn exactly, those of SU(2) and SU(3) are",
            )

    @property
    def log_norm(self) -> float:
        """log z, with the Haar measure normalised to one."""
        return log_plaquette_norm(self.n, self.beta)

    def draw(self, key: Key[Array, ""], count: int, dtype) -> Complex[Array, "n n count"]:
        """So many elements, in the precision of a real dtype."""
        key_angles, key_vectors = jax.random.split(key)
        angles = self.draw_angles(key_angles, count)
        phases = jax.lax.complex(jnp.cos(angles), jnp.sin(angles))
        space = SULinks(Lattice((count,)), self.n)
        vectors = space.random_elements(key_vectors, jnp.float64)
        elements = matrix_product(vectors * phases[None], jnp.conj(jnp.swapaxes(vectors, 0, 1)))
        return elements.astype(jnp.result_type(dtype, jnp.complex64))

    def draw_angles(self, key: Key[Array, ""], count: int) -> Float[Array, "n count"]:
        """The angles theta_j of the eigenvalues, whose sum is zero; all proposed until accepted."""
        bounds = self._log_bounds
        # The normalised weights of cells, as running sums.
        ladder = np.cumsum(np.exp(bounds - bounds.max()).ravel())
        ladder, cells = ladder / ladder[-1], bounds.shape[0]
        flat = jnp.asarray(bounds.ravel())

        def turn(state):
            key, angles, is_open = state
            key, pick, place, decide = jax.random.split(key, 4)
            number = jnp.searchsorted(ladder, jax.random.uniform(pick, (count,), jnp.float64))
            number = jnp.minimum(number, flat.size - 1)
            corner = jnp.stack(jnp.unravel_index(number, bounds.shape))
            inside = jax.random.uniform(place, (self.n - 1, count), jnp.float64)
            new = 2 * math.pi * (corner + inside) / cells - math.pi
            new = jnp.concatenate([new, -jnp.sum(new, axis=0, keepdims=True)])
            threshold = jnp.log(jax.random.uniform(decide, (count,), jnp.float64))
            accept = threshold < self.log_density(new) - flat[number]
            return key, jnp.where(is_open & accept, new, angles), is_open & ~accept

        start = key, jnp.zeros((self.n, count), jnp.float64), jnp.ones(count, bool)
        return jax.lax.while_loop(lambda state: jnp.any(state[2]), turn, start)[1]

    def log_density(self, angles: Float[Array, "n ..."]) -> Float[Array, "..."]:
        """log of Weyl's density of the angles, not normalised."""
        total = self.beta / self.n * jnp.sum(jnp.cos(angles), axis=0)
        for j, k in itertools.combinations(range(self.n), 2):
            total = total + jnp.log(4 * jnp.sin((angles[j] - angles[k]) / 2) ** 2)
        return total

    @property
    def _log_bounds(self) -> Float[np.ndarray, "..."]:
        """Upper bounds of the density's logarithm in each cell of the first N - 1 angles."""
        edges = 2 * math.pi * np.arange(_CELLS[self.n] + 1) / _CELLS[self.n] - math.pi
        low = np.meshgrid(*[edges[:-1]] * (self.n - 1), indexing="ij")
        high = np.meshgrid(*[edges[1:]] * (self.n - 1), indexing="ij")
        low, high = [*low, -sum(high)], [*high, -sum(low)]
        sign = 1 if self.beta >= 0 else -1
        cosines = [sign * _largest_cosine(a, b, sign) for a, b in zip(low, high, strict=True)]
        total = self.beta / self.n * np.sum(cosines, axis=0)
        for j, k in itertools.combinations(range(self.n), 2):
            if k < self.n - 1:
                least, most = low[j] - high[k], high[j] - low[k]
            else:
                # theta_j - theta_N is the sum of all others and twice theta_j.
                others = [m for m in range(self.n - 1) if m != j]
                least = 2 * low[j] + sum(low[m] for m in others)
                most = 2 * high[j] + sum(high[m] for m in others)
            total = total + np.log(2 + 2 * _largest_cosine(least, most, -1))
        return total


def _largest_cosine(low, high, sign: int):
    """The largest value of sign cos between two arrays of angles; with a margin for rounding."""
    low, high = (low, high) if sign > 0 else (low + math.pi, high + math.pi)
    # A maximum lies between them if a whole number of turns does.
    reached = np.floor(high / (2 * math.pi)) >= np.ceil(low / (2 * math.pi))
    return np.where(reached, 1.0, np.maximum(np.cos(low), np.cos(high)) + 1e-12)
