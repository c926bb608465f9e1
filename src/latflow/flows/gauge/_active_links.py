"""Which links a coupling changes, by which gauge-invariant angles, and what it may look at.

They are those of a :class:`LinkMask`: staples of active links are frozen. In two dimensions
half of the plaquettes change by half of the links, twice as many as with the stripes of Kanwar et
al. (arXiv:2003.06413), and the frozen loops say more: the 2 x 1 loop around an active link is the
sum of the two plaquettes that share it.
"""

import dataclasses
import itertools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.batching import stored, unstacked
from latflow.fields.links import U1Links, wrapped
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._periodic_shifts import PeriodicShifts
from latflow.flows._permute import PermutationTable
from latflow.flows._signed_sums import signed_sums
from latflow.flows.gauge._active_staples import active_only, staple_sums
from latflow.flows.gauge._link_mask import LinkMask, require_alternating
from latflow.leading_axes import on_leading_axes
from latflow.trigonometry import cosine, sine

AngleField = Float[Array, "axes *lattice"]
Numbers = Float[Array, " sites"]


class ActiveLinks(Surroundings):
    """Links along one axis on every other site across it, for U(1) in any dimension D >= 2.

    An active link has the 2 (D - 1) staples e^(i a_j), their sum A = sum_j e^(i a_j), and one
    angle that no gauge transformation changes, alpha = theta + arg A: Wilson's action of the
    link is -beta |A| cos alpha. What is frozen around it are the loops a_j - a_1.

    Args:
        space: of the fields; even extents.
        axis: of the active links.
        is_odd: whether the sum of the other coordinates is odd at active sites.
        is_odd_context: whether the frozen channels are odd under charge conjugation, sin s and
            sin 2 s of every loop s, or cos s and sin s.

    Raises:
        ConfigError: an extent is odd, or there is no plaquette.
    """

    space: U1Links
    axis: int = eqx.field(static=True)
    is_odd: bool = eqx.field(static=True)
    is_odd_context: bool = eqx.field(static=True)

    def __check_init__(self):
        require_alternating(self.space.lattice)

    @property
    def symmetries(self) -> frozenset[str]:
        """Translations that keep even sites even."""
        return frozenset({"even-translation"})

    @property
    def n_staples(self) -> int:
        """2 (D - 1)."""
        return self._mask.n_staples

    @property
    def active_channels(self) -> int:
        """One angle for each active link."""
        return 1

    @property
    def frozen_channels(self) -> int:
        """Two numbers for each loop."""
        return 2 * (self.n_staples - 1)

    @property
    def _mask(self) -> LinkMask:
        return LinkMask(self.space, self.axis, self.is_odd)

    @property
    def active_sites(self) -> np.ndarray:
        """Flat indices of the sites where active links start."""
        return self._mask.sites

    @property
    def frozen_sites(self) -> np.ndarray:
        """The same: loops are counted where the link inside of them starts."""
        return self.active_sites

    def neighbourhood(self, radius: int, of_frozen: bool) -> PermutationTable:
        """Active sites up to ``radius`` steps along the axis and twice as many across it.

        Args:
            radius: of a convolution's kernel, in steps between active sites.
            of_frozen: both parts live on the same sites.
        """
        lattice = self.space.lattice
        if lattice.ndim == 2:
            # Every other line: a grid again, of half the extent across the axis.
            across = 1 - self.axis
            grid = tuple(n // 2 if i == across else n for i, n in enumerate(lattice.shape))
            return PeriodicShifts(grid, (tuple(range(-radius, radius + 1)),) * 2)
        position = np.empty(lattice.volume, dtype=int)
        position[self.active_sites] = np.arange(len(self.active_sites))
        ranges = [
            range(-radius, radius + 1) if axis == self.axis else range(-2 * radius, 2 * radius + 1)
            for axis in range(lattice.ndim)
        ]
        columns = []
        for step in itertools.product(*ranges):
            across = [abs(d) for axis, d in enumerate(step) if axis != self.axis]
            if sum(across) % 2 == 0 and sum(across) <= 2 * radius:
                columns.append(position[lattice.displaced_sites(step)[self.active_sites]])
        return PermutationTable(np.stack(columns, axis=1))

    def seen(self, field: AngleField) -> tuple[Numbers, Channels, Numbers]:
        """alpha of the active links, the frozen channels, and |A|^2 / (2 D - 2)^2 in [0, 1]."""
        alpha, strength, *channels = on_leading_axes(_Seen(self), field)
        return alpha, tuple(channels), strength

    def moved(self, field: AngleField, change: Numbers) -> AngleField:
        """The field with so much added to the angles of its active links."""
        return on_leading_axes(_Moved(self), field, change)[0]


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A field, with the batch in trailing axes, to alpha, the strength, and the channels."""

    links: ActiveLinks

    def __call__(self, field):
        links = self.links
        table = staple_sums(links.space.lattice, links.axis, links.is_odd)
        sums = signed_sums(_rows(field, links.space), table)
        sums = sums.reshape(1 + links.n_staples, -1, *sums.shape[1:])
        link, *angles = stored(unstacked(sums))
        loops = [angle - angles[0] for angle in angles[1:]]
        if len(loops) == 1:
            # e^(ia) + e^(ib) = 2 cos((b - a) / 2) e^(i (a + b) / 2): no arctangent is needed.
            half = 0.5 * wrapped(loops[0])
            reference, modulus = angles[0] + half, cosine(half)
            strength = modulus * modulus
        else:
            cosines, sines = [cosine(one) for one in loops], [sine(one) for one in loops]
            real, imaginary = 1 + sum(cosines[1:], cosines[0]), sum(sines[1:], sines[0])
            reference = angles[0] + jnp.arctan2(imaginary, real)
            strength = (real * real + imaginary * imaginary) / links.n_staples**2
        first = [cosine(one) if not links.is_odd_context else sine(2 * one) for one in loops]
        return [link + reference, strength, *first, *(sine(one) for one in loops)]


@dataclasses.dataclass(frozen=True)
class _Moved:
    """A field and the change of its active links, with the batch in trailing axes, to another."""

    links: ActiveLinks

    def __call__(self, field, change):
        links = self.links
        table = active_only(links.space.lattice, links.axis, links.is_odd)
        added = _rows(field, links.space) + signed_sums(change, table)
        return stored([wrapped(added).reshape(field.shape)])


def _rows(field, space: U1Links):
    """One row for each link."""
    return field.reshape(space.n_variables, *field.shape[1 + space.lattice.ndim :])
