"""The last layer of a flow: odd sites drawn exactly, given the even ones."""

from typing import Any, Literal

from jaxtyping import Array, Key

from latflow.fields import FieldSpace, RealScalar, ScalarField
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.lattice import Lattice, on_lattice
from latflow.neighbours import neighbour_sum
from latflow.precision import sum_in_double
from latflow.site_density import SiteConditional, SiteWeight, site_weight_of

# What the layer holds until it is aimed at a theory: hopping form at lambda = 1/2, beta = 1/2.
_BEFORE = SiteWeight(square=0.0, quartic=0.5, hopping=0.5)


class ExactOddSites(Flow):
    """Even sites stay; a unit normal number on an odd site becomes phi with p(phi | neighbours).

    With nearest neighbours only, the odd sites given the even ones are independent, and
    p(phi | h) depends on h = k times the sum of the neighbours: see
    :class:`latflow.site_density.SiteTransport`. After layers that act on even sites only,
    from a prior of independent unit normal numbers on odd ones, log w is a function of the even
    sites: nothing is left to learn on the odd ones. For any other use the layer is an exact flow
    like any other, with no trainable numbers.

    Args:
        space: even extents.
        conditional: odd sites given even ones, of the theory.

    Raises:
        ConfigError: an extent is odd.
    """

    space: RealScalar
    conditional: SiteConditional

    def __check_init__(self):
        Checkerboard(self.space, active_is_odd=True)

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign, and translations that keep even sites even."""
        return frozenset({"z2", "even-translation"})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Odd sites at the quantiles that their z are."""
        return self._odd_sites(z, self.conditional.transport.forward)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """The z of odd sites."""
        return self._odd_sites(x, self.conditional.transport.inverse)

    def _odd_sites(self, field: ScalarField, change) -> tuple[ScalarField, LogDet]:
        board = Checkerboard(self.space, active_is_odd=True)
        (odd,), even = board.split(field)
        (neighbours,), _ = board.split(neighbour_sum(self.space.lattice, field))
        odd, log_slope = change(odd, self.conditional.field_of(neighbours))
        return board.join((odd,), even), sum_in_double(log_slope)

    def moved_to(self, lattice: Lattice) -> "ExactOddSites":
        """The same on another lattice: the tables know of none."""
        return ExactOddSites(on_lattice(self.space, lattice), self.conditional)

    def aimed_at(self, theory: Any) -> "ExactOddSites":
        """The tables made anew for a theory.

        Raises:
            ConfigError: the theory is no real scalar one with nearest neighbours.
        """
        weight = site_weight_of(theory, 'the flow "exact-odd-sites"')
        return ExactOddSites(self.space, SiteConditional.of(weight))


class ExactOddSitesSettings(FlowSettings):
    """Odd sites drawn exactly, given the even ones: the last flow of a model, without parameters.

    The flows before it should act on even sites only (``level = 1``), and the prior be
    ``normal``.
    """

    kind: Literal["exact-odd-sites"] = "exact-odd-sites"

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> ExactOddSites:
        """The layer; its couplings are those of some phi^4 theory until it is aimed at one."""
        self.require_space(space)
        assert isinstance(space, RealScalar)  # as was just required
        return ExactOddSites(space, SiteConditional.of(_BEFORE))
