"""SU(N) gauge theory with Wilson's action, in any dimension."""

from typing import Any, ClassVar, Literal

from jaxtyping import Array, Complex, Float
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.fields.links import SULinks, plaquette_gradient, plaquette_sum, staple_sum
from latflow.lattice import Lattice
from latflow.observables import Action, Observable
from latflow.observables.gauge import CloverCharge, Plaquette, PolyakovLoop, WilsonLoops
from latflow.theories._theory import Coupling, TheorySettings, coupling
from latflow.theories.gauge._su_known import known_numbers
from latflow.theories.gauge._su_link import SULinkDistribution
from latflow.theories.gauge._wilson import WilsonGauge, require_planes
from latflow.theories.gauge.plaquettes import ExactSUFields, exact_su_fields

MatrixField = Complex[Array, "n n axes *lattice"]


class SUGauge(WilsonGauge):
    """S(U) = -(beta / N) sum_x sum_{mu < nu} Re tr P_{mu nu}(x), on periodic lattices, D >= 2.

    Args:
        lattice: of at least two dimensions.
        n: N >= 2.
        beta: the coupling, 2N / g^2 in the continuum's.

    Raises:
        ConfigError: the lattice has one dimension.
        FieldError: N < 2.
    """

    space: SULinks
    beta: Coupling

    def __init__(self, lattice: Lattice, *, n: int, beta):
        require_planes(lattice.ndim)
        self.space, self.beta = SULinks(lattice, n), coupling(beta)

    @property
    def observables(self) -> tuple[Observable, ...]:
        """In four dimensions with the charge of the smoothed field."""
        charge = (CloverCharge(),) if self.space.lattice.ndim == 4 else ()
        return (Plaquette(), WilsonLoops(), PolyakovLoop(), *charge, Action())

    def known(self) -> dict[str, KnownNumber]:
        """In two dimensions everything, by character expansion; in four what papers print."""
        return known_numbers(self.space.n, float(self.beta), self.space.lattice)

    def action(self, field: MatrixField) -> Float[Array, ""]:
        """The action in double precision: also its terms, so that dH does not see rounding."""
        return -self.beta / self.space.n * plaquette_sum(field)

    def force(self, field: MatrixField) -> Float[Array, "a axes *lattice"]:
        """(beta / N) Re tr(T_a U A) with the staples A, which share their halves."""
        gradient = plaquette_gradient(field)
        return (self.beta / self.space.n).astype(gradient.dtype) * gradient

    def exact_sampler(self) -> ExactSUFields:
        """What draws exact, independent configurations of SU(2) and SU(3), in two dimensions.

        Raises:
            ConfigError: the lattice is not two-dimensional, the group is larger, or too few
                proposals would be accepted.
        """
        return exact_su_fields(self.space, float(self.beta))

    def staples(self, field: MatrixField, part: int) -> Complex[Array, "n n *lattice"]:
        """The sum A of the staples of the links along an axis: their action is
        -(beta / N) Re tr(U A)."""
        return staple_sum(field, part)

    def local_distribution(self, part: int) -> SULinkDistribution:
        """exp((beta / N) Re tr(U A)) on the group."""
        return SULinkDistribution(self.beta / self.space.n)


class SU2GaugeSettings(TheorySettings):
    """SU(2) gauge theory with Wilson's plaquette action."""

    title: ClassVar[str] = "SU(2) gauge theory"
    symbols: ClassVar[dict[str, str]] = {"beta": "β"}
    formula: ClassVar[str] = "−(β/2) Σ<sub>P</sub> Re tr P"
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"shape": (4, 3), "beta": 2.2},
        {"shape": (2, 2, 3), "beta": 1.7},
    )

    kind: Literal["su2"] = "su2"
    beta: float = Field(description="coupling 4 / g²: S = -(beta / 2) sum of Re tr P")

    def build(self) -> SUGauge:
        """The theory.

        Raises:
            ConfigError: the lattice has one dimension.
        """
        return SUGauge(self.lattice(), n=2, beta=self.beta)


class SU3GaugeSettings(TheorySettings):
    """SU(3) gauge theory with Wilson's plaquette action."""

    title: ClassVar[str] = "SU(3) gauge theory"
    symbols: ClassVar[dict[str, str]] = {"beta": "β"}
    formula: ClassVar[str] = "−(β/3) Σ<sub>P</sub> Re tr P"
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"shape": (3, 2), "beta": 5.0},)

    kind: Literal["su3"] = "su3"
    beta: float = Field(description="coupling 6 / g²: S = -(beta / 3) sum of Re tr P")

    def build(self) -> SUGauge:
        """The theory.

        Raises:
            ConfigError: the lattice has one dimension.
        """
        return SUGauge(self.lattice(), n=3, beta=self.beta)
