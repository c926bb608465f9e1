"""log Z_1(h), the mean and the spread of one site, as functions of its neighbours' field h."""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.not_trained import NotTrained
from latflow.precision import require_double
from latflow.site_density._lookup import looked_up
from latflow.site_density._quadrature import averages
from latflow.site_density._weight import SiteWeight

CELLS_PER_UNIT = 8
"""Cells of the table in a unit of t = asinh(h / scale)."""
_CELLS = 300
_DEGREE = 7
# Where asinh(x) is log(2 x) to all digits.
_FAR = 1e8
_FUNCTIONS = ("log_z", "mean", "spread")


class SiteAverages(NotTrained):
    """Functions of h for the weight exp(-a phi^2 - g phi^4 + h phi) of one site.

    Polynomials of degree 7 in t = asinh(h / scale), in cells of width 1/8 up to h = 1e16 scale;
    beyond, the power of h that the functions have grown to. Relative errors are below 1e-11
    (tests/site_density). Even and odd in h as they must be.

    Attributes:
        scale: 1 / sqrt(<phi^2>) at h = 0: fields that a site feels.
        coefficients: of the polynomials in the position x of a cell, -1/2 < x < 1/2, lowest first.
        powers: d log f / d log h beyond the table, for each function.
    """

    scale: Float[Array, ""]
    coefficients: Float[Array, "functions coefficients cells"]
    powers: Float[Array, " functions"]

    @classmethod
    def of(cls, weight: SiteWeight) -> "SiteAverages":
        """The tables of a weight.

        Raises:
            ConfigError: its couplings are no numbers, or it cannot be normalised.
        """
        require_double()
        scale, coefficients = _table(weight.as_numbers()._replace(hopping=0.0))
        growth = 2.0 if float(weight.quartic) == 0 else 4 / 3
        powers = np.array([growth, growth - 1, growth / 2 - 1])
        return cls(jnp.asarray(scale), jnp.asarray(coefficients), jnp.asarray(powers))

    def log_z(self, h: Float[Array, "..."]) -> Float[Array, "..."]:
        """log of the integral of exp(-a phi^2 - g phi^4 + h phi) over phi."""
        return self._even("log_z", jnp.where(h < 0, -h, h))

    def mean(self, h: Float[Array, "..."]) -> Float[Array, "..."]:
        """<phi> = d log Z_1 / dh."""
        negative = h < 0
        value = self._even("mean", jnp.where(negative, -h, h))
        return jnp.where(negative, -value, value)

    def spread(self, h: Float[Array, "..."]) -> Float[Array, "..."]:
        """The standard deviation of phi."""
        return self._even("spread", jnp.where(h < 0, -h, h))

    def coordinate(self, h: Float[Array, "..."]) -> Float[Array, "..."]:
        """t = asinh(h / scale) for h >= 0, to rounding in absolute terms."""
        ratio = h / self.scale.astype(h.dtype)
        # One logarithm and one root: faster than XLA's function, which is exact near zero.
        near = jnp.minimum(ratio, _FAR)
        beyond = jnp.where(ratio > _FAR, ratio / _FAR, 1)
        return jnp.log((near + jnp.sqrt(near * near + 1)) * beyond)

    def _even(self, name: str, h: Float[Array, "..."]) -> Float[Array, "..."]:
        """A function at h >= 0, in the precision of h."""
        number = _FUNCTIONS.index(name)
        t = self.coordinate(h)
        position = jnp.minimum(t * CELLS_PER_UNIT, _CELLS)
        cell = jnp.minimum(jnp.floor(position), _CELLS - 1)
        table = self.coefficients[number].astype(h.dtype)
        lowest_first = looked_up(cell.astype(jnp.int32), table)
        x = position - (cell + 0.5)
        value = lowest_first[-1]
        for coefficient in lowest_first[-2::-1]:
            value = value * x + coefficient
        beyond = jnp.maximum(t - _CELLS / CELLS_PER_UNIT, 0)
        return value * jnp.exp(self.powers[number].astype(h.dtype) * beyond)


@lru_cache(maxsize=8)
def _table(weight: SiteWeight) -> tuple[float, Float[np.ndarray, "functions coefficients cells"]]:
    """Scale and coefficients: interpolation in Chebyshev's points of every cell."""
    scale = float(1 / averages(weight, np.zeros(1)).spread[0])
    points = 0.5 * np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    t = (np.arange(_CELLS)[:, None] + 0.5 + points) / CELLS_PER_UNIT
    found = averages(weight, scale * np.sinh(t.reshape(-1)))
    inverse = np.linalg.inv(np.vander(points, increasing=True))
    values = np.stack([f.reshape(t.shape) for f in found])
    return scale, np.einsum("pn,fcn->fpc", inverse, values)
