"""CP(N-1) models: complex unit vectors on sites, phases on links."""

import math
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.batching import stacked
from latflow.errors import FieldError
from latflow.fields import ComplexUnitVectors, ProductSpace, scaled
from latflow.fields.links import U1Links
from latflow.lattice import Lattice
from latflow.neighbours import rolled
from latflow.observables import Observable
from latflow.observables.spins import GeometricCharge, LinkEnergy, SpinCorrelator
from latflow.precision import sum_in_double
from latflow.theories._theory import Coupling, Theory, TheorySettings, coupling
from latflow.theories.gauge import (
    PolarStaples,
    U1Link,
    defect_factors,
    require_room_for_defect,
)
from latflow.theories.spins._cpn_known import cpn_numbers
from latflow.theories.spins._von_mises_fisher import VonMisesFisher

Vectors = Complex[Array, "components *sites"]
Angles = Float[Array, "*sites"]
CPField = dict[str, Array]


class CPModel(Theory):
    """S = -N beta sum over links of (conj(z_{x+mu}) lambda z_x + c.c. - 2), |z_x| = 1 in C^N.

    The field has two parts: ``z``, complex unit vectors of shape (N, *lattice), and ``links``,
    the angles of lambda = e^(i theta), of shape (D, *lattice). Campostrini, Rossi and Vicari,
    Phys. Rev. D 46 (1992) 2647; the 2 N beta D V of the action is its ``constant``.

    Args:
        lattice: any dimension and extents.
        n: complex components N of z, at least two.
        beta: coupling.
    """

    space: ProductSpace
    beta: Coupling

    def __init__(self, lattice: Lattice, *, n: int, beta):
        parts = {"links": U1Links(lattice), "z": ComplexUnitVectors(lattice, n)}
        self.space, self.beta = ProductSpace(parts), coupling(beta)

    @property
    def n(self) -> int:
        """Complex components N of z."""
        return self._vectors.n

    @property
    def symmetries(self) -> frozenset[str]:
        """Local phases, global unitary rotations of z, complex conjugation, translations."""
        return frozenset({"gauge", "u(n)", "charge-conjugation", "translation"})

    @property
    def constant(self) -> Float[Array, ""]:
        """2 N beta for each link: what :meth:`action` leaves out."""
        lattice = self.space.lattice
        return 2 * self.n * self.beta * (lattice.ndim * lattice.volume)

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Those of spins, and in two dimensions the charge."""
        charge = (GeometricCharge(),) if self.space.lattice.ndim == 2 else ()
        return (LinkEnergy(), SpinCorrelator(), *charge)

    def known(self) -> dict[str, KnownNumber]:
        """In one dimension everything."""
        return cpn_numbers(self.space.lattice, self.n, float(self.beta))

    def action(self, field: CPField) -> Float[Array, ""]:
        """The action without its constant, in double precision."""
        return -2 * self.n * self.beta * self._links(field)

    def force(self, field: CPField) -> CPField:
        """Minus the gradient: -2 N beta Im(conj(z') lambda z) on links, tangent part of h on z."""
        strength = self._strength(field)
        h, products = self._local(field)
        return {
            "links": self._phases.field_of([-strength * product.imag for product in products]),
            "z": self._vectors.tangent(field["z"], scaled(strength, h)),
        }

    def link_energy(self, field: CPField) -> Float[Array, ""]:
        """The mean over links of Re conj(z_{x+mu}) lambda z_x."""
        lattice = self.space.lattice
        return self._links(field) / (lattice.volume * lattice.ndim)

    def order_parameter(self, field: CPField) -> Float[Array, "components *sites"]:
        """The N^2 real components of the projector z z^+ - 1/N: their products sum to
        tr P_x P_y - 1/N = |conj(z_x) z_y|^2 - 1/N."""
        z, root2 = field["z"], math.sqrt(2)
        components = [z[a].real ** 2 + z[a].imag ** 2 - 1 / self.n for a in range(self.n)]
        for a in range(self.n):
            for b in range(a):
                product = z[a] * jnp.conj(z[b])
                components += [root2 * product.real, root2 * product.imag]
        return stacked(components)

    def topological_charge(self, field: CPField) -> Float[Array, ""]:
        """The charge of the phases of conj(z_x) z_{x+mu} around plaquettes, an integer.

        Q = (1/2 pi) sum over plaquettes of arg prod e^(i A), with A_mu(x) the phase, in two
        dimensions.

        Raises:
            FieldError: the lattice is not two-dimensional.
        """
        if self.space.lattice.ndim != 2:
            raise FieldError("the charge of CP(N-1) is defined in two dimensions only")
        z = field["z"]
        phases = [
            jnp.angle(jnp.sum(jnp.conj(z) * rolled(z, 1 + axis), axis=0)) for axis in range(2)
        ]
        return self._phases.topological_charge(self._phases.field_of(phases))

    @property
    def local_parts(self) -> tuple[str | int, ...]:
        """The vectors, then the phases along each axis."""
        return ("z", *range(self.space.lattice.ndim))

    def neighbour_axes(self, part: str | int) -> tuple[int, ...]:
        """Vectors act on their neighbours along all axes, phases on none."""
        return tuple(range(self.space.lattice.ndim)) if part == "z" else ()

    def local_values(self, field: CPField, part: str | int) -> Array:
        """The vectors, or the angles along an axis."""
        if isinstance(part, str):
            return field["z"]
        return self._phases.link(field["links"], part)

    def with_local_values(self, field: CPField, part: str | int, values: Array) -> CPField:
        """The field with other vectors, or other angles along an axis."""
        if isinstance(part, str):
            return {**field, "z": values}
        axes = range(self.space.lattice.ndim)
        angles = [
            values if axis == part else self._phases.link(field["links"], axis) for axis in axes
        ]
        return {**field, "links": self._phases.field_of(angles)}

    def staples(self, field: CPField, part: str | int) -> Array | PolarStaples:
        """h of a vector's density exp(Re conj(h) . z); conj(z') z of a phase's.

        The density of lambda is exp(2 N beta Re(lambda conj(z_{x+mu}) z_x)).
        """
        if isinstance(part, str):
            return scaled(self._strength(field), self._local(field)[0])
        product = jnp.sum(jnp.conj(rolled(field["z"], 1 + part)) * field["z"], axis=0)
        product = self._weighted(part, product)
        return PolarStaples(jnp.abs(product), jnp.angle(product))

    def local_distribution(self, part: str | int) -> VonMisesFisher | U1Link:
        """exp(Re conj(h) . z) on the sphere; von Mises for a phase."""
        return VonMisesFisher() if part == "z" else U1Link(2 * self.n * self.beta)

    @property
    def _vectors(self) -> ComplexUnitVectors:
        return self.space.parts["z"]  # pyright: ignore[reportReturnType]

    @property
    def _phases(self) -> U1Links:
        return self.space.parts["links"]  # pyright: ignore[reportReturnType]

    def with_defect(self, length: int, strength: Any) -> "CPDefect":
        """The model with links of another coupling across a part of the boundary.

        Raises:
            ConfigError: the lattice is not two-dimensional, or too small.
        """
        return CPDefect(
            self.space.lattice, n=self.n, beta=self.beta, length=length, strength=strength
        )

    def _weighted(self, axis: int, values: Complex[Array, "*sites"]) -> Complex[Array, "*sites"]:
        """Numbers on the links along an axis, times the factors of their couplings: one."""
        return values

    def _strength(self, field: CPField) -> Float[Array, ""]:
        return (2 * self.n * self.beta).astype(field["links"].dtype)

    def _local(self, field: CPField) -> tuple[Vectors, list[Complex[Array, "*sites"]]]:
        """h / 2 N beta, the sum of a vector's neighbours carried to its site; and for each axis
        conj(z_{x+mu}) lambda z_x."""
        z = field["z"]
        h, products = jnp.zeros_like(z), []
        for axis in range(self.space.lattice.ndim):
            theta = self._phases.link(field["links"], axis)
            phase = self._weighted(axis, jax.lax.complex(jnp.cos(theta), jnp.sin(theta)))
            carried, ahead = phase * z, rolled(z, 1 + axis)
            products.append(jnp.sum(jnp.conj(ahead) * carried, axis=0))
            h = h + jnp.conj(phase) * ahead + rolled(carried, 1 + axis, -1)
        return h, products

    def _links(self, field: CPField) -> Float[Array, ""]:
        _, products = self._local(field)
        return sum_in_double(sum((p.real for p in products[1:]), products[0].real))


class CPDefect(CPModel):
    """A CP(N-1) model on a periodic lattice of two dimensions, with a defect.

    The couplings of the links that cross the boundary of axis 0, at the first ``length`` sites of
    axis 1, have a factor ``strength``; with 0 the boundary is open there: Hasenbusch,
    arXiv:1709.09460. What leaves the weight alone is left out of the action, as without a defect.

    Args:
        lattice: of two dimensions.
        n: complex components N of z.
        beta: coupling.
        length: links of the defect.
        strength: factor of their couplings.

    Raises:
        ConfigError: the lattice has other dimensions, or is too small for the defect.
    """

    strength: Coupling
    length: int = eqx.field(static=True)

    def __init__(self, lattice: Lattice, *, n: int, beta, length: int, strength):
        require_room_for_defect(lattice, length)
        super().__init__(lattice, n=n, beta=beta)
        self.length, self.strength = length, coupling(strength)

    @property
    def symmetries(self) -> frozenset[str]:
        """It has a place."""
        return super().symmetries - {"translation"}

    def known(self) -> dict[str, KnownNumber]:
        """Nothing."""
        return {}

    def _weighted(self, axis: int, values: Complex[Array, "*sites"]) -> Complex[Array, "*sites"]:
        if axis != 0:
            return values
        factors = defect_factors(self.space.lattice, self.length, self.strength, values.real.dtype)
        return jax.lax.complex(factors * values.real, factors * values.imag)


class CPSettings(TheorySettings):
    """The CP(N-1) model: complex unit vectors and phases."""

    title: ClassVar[str] = "CP(N−1) model"
    symbols: ClassVar[dict[str, str]] = {"n": "N", "beta": "β"}
    formula: ClassVar[str] = (
        "−Nβ Σ<sub>x,μ</sub> ( z̄<sub>x+μ</sub> λ<sub>x,μ</sub> z<sub>x</sub> + c.c. )"
    )

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"shape": (3, 4), "n": 2, "beta": 0.8},
        {"shape": (5,), "n": 3, "beta": 0.7},
    )

    kind: Literal["cpn"] = "cpn"
    n: int = Field(2, ge=2, le=1024, description="complex components N of a vector: CP(N-1)")
    beta: float = Field(description="coupling: S = -N beta sum of (conj(z') lambda z + c.c. - 2)")

    def build(self) -> CPModel:
        """The theory."""
        return CPModel(self.lattice(), n=self.n, beta=self.beta)
