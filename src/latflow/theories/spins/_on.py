"""The O(N) model: real unit vectors with a nearest-neighbour product."""

from typing import Any, ClassVar, Literal

from jaxtyping import Array, Float
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.errors import ConfigError
from latflow.fields import UnitVectors, inner_product
from latflow.lattice import Lattice
from latflow.neighbours import forward_sum, neighbour_sum
from latflow.observables import Observable
from latflow.observables.spins import LinkEnergy, SpinCorrelator
from latflow.precision import sum_in_double
from latflow.theories._theory import Coupling, Theory, TheorySettings, coupling
from latflow.theories.spins._on_known import on_numbers
from latflow.theories.spins._von_mises_fisher import VonMisesFisher

Spins = Float[Array, "components *sites"]


class ONModel(Theory):
    """S = -beta sum over links of s_x . s_{x+mu}, with |s_x| = 1 in R^N.

    N = 2 is the XY model, N = 3 the Heisenberg or O(3) sigma model.

    Args:
        lattice: any dimension and extents.
        n: components N of a spin, at least two.
        beta: coupling; negative ones are antiferromagnetic.
    """

    space: UnitVectors
    beta: Coupling

    def __init__(self, lattice: Lattice, *, n: int, beta):
        self.space = UnitVectors(lattice, n)
        self.beta = coupling(beta)

    @property
    def symmetries(self) -> frozenset[str]:
        """Global rotations and reflections of all spins; translations."""
        return frozenset({"o(n)", "translation"})

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Those of spins."""
        return (LinkEnergy(), SpinCorrelator())

    def known(self) -> dict[str, KnownNumber]:
        """In one dimension everything."""
        return on_numbers(self.space.lattice, self.space.n, float(self.beta))

    def action(self, field: Spins) -> Float[Array, ""]:
        """The action in double precision."""
        return -self.beta * self._links(field)

    def force(self, field: Spins) -> Spins:
        """Minus the gradient along the spheres: the tangent part of beta times the neighbours."""
        return self.space.tangent(field, self.staples(field))

    def link_energy(self, field: Spins) -> Float[Array, ""]:
        """The mean over links of s_x . s_{x+mu}."""
        lattice = self.space.lattice
        return self._links(field) / (lattice.volume * lattice.ndim)

    def order_parameter(self, field: Spins) -> Spins:
        """The spins themselves."""
        return field

    def _links(self, field: Spins) -> Float[Array, ""]:
        ahead = forward_sum(self.space.lattice, field)
        return sum_in_double(inner_product(field, ahead))

    @property
    def local_parts(self) -> tuple[str, ...]:
        """There is one spin on each site."""
        return ("spins",)

    def neighbour_axes(self, part: Any) -> tuple[int, ...]:
        """Spins act on their neighbours along all axes."""
        return tuple(range(self.space.lattice.ndim))

    def local_values(self, field: Spins, part: Any) -> Spins:
        """The field."""
        return field

    def with_local_values(self, field: Spins, part: Any, values: Spins) -> Spins:
        """The values."""
        return values

    def staples(self, field: Spins, part: Any = "spins") -> Spins:
        """h = beta times the sum of the 2D neighbours: the density of s is exp(h . s)."""
        return self.beta.astype(field.dtype) * neighbour_sum(self.space.lattice, field)

    def local_distribution(self, part: Any) -> VonMisesFisher:
        """exp(h . s) on the sphere."""
        return VonMisesFisher()


class ONSettings(TheorySettings):
    """The O(N) model of real unit vectors."""

    title: ClassVar[str] = "O(N) model"
    symbols: ClassVar[dict[str, str]] = {"n": "N", "beta": "β"}
    formula: ClassVar[str] = "−β Σ<sub>x,μ</sub> s<sub>x</sub> · s<sub>x+μ</sub>"

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"shape": (4,), "n": 2, "beta": 0.9},
        {"shape": (3, 4), "n": 3, "beta": 1.4},
        {"shape": (2, 3, 2), "n": 4, "beta": -0.7},
    )

    kind: Literal["on"] = "on"
    n: int = Field(3, le=1024, description="components of a spin: 2 is XY, 3 Heisenberg")
    beta: float = Field(description="coupling: the weight of a link is exp(beta s.s')")

    def build(self) -> ONModel:
        """The theory.

        Raises:
            ConfigError: N is smaller than two.
        """
        if self.n < 2:
            raise ConfigError(
                "theory.n",
                f"O({self.n}) spins cannot move continuously (O(1) is the Ising model), and "
                "latflow's kernels move fields along a manifold: use n >= 2, or, for the Ising "
                'universality class, kind "phi4"',
            )
        return ONModel(self.lattice(), n=self.n, beta=self.beta)
