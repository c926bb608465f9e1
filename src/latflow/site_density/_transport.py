"""The increasing map of a unit normal number to one site in the field of its neighbours."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.not_trained import NotTrained
from latflow.precision import require_double
from latflow.rational_quadratic import slope_in_bin, value_in_bin, where_in_bin
from latflow.site_density._averages import SiteAverages
from latflow.site_density._lookup import looked_up
from latflow.site_density._quantiles import BINS, CELLS, CELLS_PER_UNIT, LAST_Z, quantile_table
from latflow.site_density._weight import SiteWeight

Numbers = Float[Array, "..."]
_WIDTH = 2 * LAST_Z / BINS
_KNOTS = BINS + 1
_BISECTIONS = BINS.bit_length()


class SiteTransport(NotTrained):
    """phi = mean(h) + spread(h) u(z; h): if z is unit normal, phi has the density p(phi | h).

    u is a rational-quadratic spline in z whose knots depend on h, so that the map increases
    strictly, has a closed inverse, and a slope that is known: whoever uses **its** slope is exact,
    whatever the error of the table. That error, of log p, is below 1e-4 per site in double
    precision (tests/flows/test_exact_odd_sites.py).

    Attributes:
        averages: mean and spread.
        values: coefficients of the knots' u, see :class:`QuantileTable`.
        slopes: of du/dz there.
    """

    averages: SiteAverages
    values: Float[Array, "4 entries"]
    slopes: Float[Array, "4 entries"]

    @classmethod
    def of(cls, weight: SiteWeight) -> "SiteTransport":
        """The tables of a weight.

        Raises:
            ConfigError: its couplings are no numbers, or it cannot be normalised.
        """
        require_double()
        table = quantile_table(weight)
        averages = SiteAverages.of(weight)
        return cls(averages, jnp.asarray(table.values), jnp.asarray(table.slopes))

    def forward(self, z: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
        """phi(z; h), and log dphi/dz."""
        negative = h < 0
        z, h = jnp.where(negative, -z, z), jnp.where(negative, -h, h)
        cell, x = self._cell(h)
        inside = jnp.clip(z, -LAST_Z, LAST_Z)
        position = (inside + LAST_Z) / _WIDTH
        knot = jnp.clip(jnp.floor(position), 0, BINS - 1).astype(jnp.int32)
        low, slope_low, high, slope_high = self._bin(cell, knot, x)
        chord = (high - low) / _WIDTH
        ratios = slope_low / chord, slope_high / chord
        theta = position - knot.astype(z.dtype)
        outside = z - inside
        u = low + (high - low) * value_in_bin(theta, *ratios)
        u = u + jnp.where(outside < 0, slope_low, slope_high) * outside
        log_slope = slope_in_bin(theta, chord, *ratios)
        return self._placed(u, h, negative, log_slope)

    def inverse(self, phi: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
        """z(phi; h), and log dz/dphi."""
        negative = h < 0
        phi, h = jnp.where(negative, -phi, phi), jnp.where(negative, -h, h)
        spread = self.averages.spread(h)
        u = (phi - self.averages.mean(h)) / spread
        cell, x = self._cell(h)
        below, above = jnp.zeros(u.shape, jnp.int32), jnp.full(u.shape, BINS, jnp.int32)
        for _ in range(_BISECTIONS):
            middle = (below + above) // 2
            beyond = self._knot(self.values, cell, middle, x) <= u
            below, above = jnp.where(beyond, middle, below), jnp.where(beyond, above, middle)
        knot = jnp.minimum(below, BINS - 1)
        low, slope_low, high, slope_high = self._bin(cell, knot, x)
        chord = (high - low) / _WIDTH
        ratios = slope_low / chord, slope_high / chord
        inside = jnp.clip(u, low, high)
        theta = where_in_bin((inside - low) / (high - low), *ratios)
        outside = u - inside
        z = (knot.astype(u.dtype) + theta) * _WIDTH - LAST_Z
        z = z + outside / jnp.where(outside < 0, slope_low, slope_high)
        log_slope = slope_in_bin(theta, chord, *ratios)
        return jnp.where(negative, -z, z), -(log_slope + jnp.log(spread))

    def _placed(self, u, h, negative, log_slope) -> tuple[Numbers, Numbers]:
        spread = self.averages.spread(h)
        phi = self.averages.mean(h) + spread * u
        return jnp.where(negative, -phi, phi), log_slope + jnp.log(spread)

    def _cell(self, h: Numbers):
        """The cell of the table in h, and the position inside of it."""
        position = jnp.minimum(self.averages.coordinate(h) * CELLS_PER_UNIT, CELLS)
        cell = jnp.minimum(jnp.floor(position), CELLS - 1)
        return cell.astype(jnp.int32), position - cell

    def _bin(self, cell, knot, x):
        """u and du/dz at both ends of a bin."""
        return tuple(
            self._knot(table, cell, knot + end, x)
            for end in (0, 1)
            for table in (self.values, self.slopes)
        )

    def _knot(self, table, cell, knot, x):
        c0, c1, c2, c3 = looked_up(cell * _KNOTS + knot, table.astype(x.dtype))
        return c0 + x * (c1 + x * (c2 + x * c3))


class SiteConditional(NotTrained):
    """What odd sites are given even ones: the transport of one site, and the hopping k.

    A site feels h = k times the sum of its neighbours.
    """

    transport: SiteTransport
    hopping: Float[Array, ""]

    @classmethod
    def of(cls, weight: SiteWeight) -> "SiteConditional":
        """Of the weight of a site.

        Raises:
            ConfigError: its couplings are no numbers, or it cannot be normalised.
        """
        weight = weight.as_numbers()
        return cls(SiteTransport.of(weight), jnp.asarray(weight.hopping, jnp.float64))

    def field_of(self, neighbours: Numbers) -> Numbers:
        """h, in the precision of the sums of neighbours."""
        return self.hopping.astype(neighbours.dtype) * neighbours
