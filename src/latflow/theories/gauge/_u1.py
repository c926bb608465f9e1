"""Compact U(1) gauge theory with Wilson's action, in any dimension."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.errors import ConfigError
from latflow.fields.links import U1Links, planes, staples
from latflow.lattice import Lattice
from latflow.leading_axes import on_leading_axes
from latflow.observables import Action, Observable
from latflow.observables.gauge import (
    Plaquette,
    PolyakovLoop,
    TopologicalCharge,
    WilsonLoops,
    largest_loop,
)
from latflow.precision import sum_in_double
from latflow.theories._theory import Coupling, TheorySettings, coupling
from latflow.theories.gauge._exact_2d import ExactU1, numbers_of_loops
from latflow.theories.gauge._u1_defect import U1Defect
from latflow.theories.gauge._u1_link import PolarStaples, U1Link, polar_sum
from latflow.theories.gauge._u1_plaquettes import plaquette_angles
from latflow.theories.gauge._wilson import WilsonGauge, require_planes
from latflow.theories.gauge.plaquettes import (
    ExactU1Fields,
    SpreadPlaquettes,
)
from latflow.trigonometry import cosine, sine

AngleField = Float[Array, "axes *lattice"]
Angles = Float[Array, "..."]


class U1Gauge(WilsonGauge):
    """S(theta) = -beta sum_x sum_{mu < nu} cos theta_{mu nu}(x), on periodic lattices, D >= 2.

    theta_{mu nu}(x) = theta_mu(x) + theta_nu(x+mu) - theta_mu(x+nu) - theta_nu(x).

    Raises:
        ConfigError: the lattice has one dimension.
    """

    space: U1Links
    beta: Coupling

    def __init__(self, lattice: Lattice, *, beta):
        require_planes(lattice.ndim)
        self.space, self.beta = U1Links(lattice), coupling(beta)

    @property
    def observables(self) -> tuple[Observable, ...]:
        """In two dimensions with the charge, which is an integer there."""
        charge = (TopologicalCharge(),) if self.space.lattice.ndim == 2 else ()
        return (Plaquette(), WilsonLoops(), PolyakovLoop(), *charge, Action())

    def known(self) -> dict[str, KnownNumber]:
        """In two dimensions everything, by character expansion."""
        lattice = self.space.lattice
        if lattice.ndim != 2:
            return {}
        exact = ExactU1(float(self.beta), lattice.volume)
        source = "exact: character expansion"
        charge = {"q2": exact.q2, "chi_t": exact.q2 / lattice.volume, "log_z": exact.log_z}
        return numbers_of_loops(
            source,
            lambda r, t: exact.wilson_loop(r * t),
            largest_loop(lattice),
            -float(self.beta),
            lattice.volume,
        ) | {name: KnownNumber(value, 0.0, source, name) for name, value in charge.items()}

    def action(self, field: AngleField) -> Float[Array, ""]:
        """The action, in double precision: also its terms, so that dH does not see rounding."""
        (cosines,) = on_leading_axes(_Cosines(self.space), field)
        return -self.beta * sum_in_double(cosines)

    def force(self, field: AngleField) -> AngleField:
        """-beta sum_nu [ sin theta_{mu nu}(x) - sin theta_{mu nu}(x-nu) ]: one sine a plaquette."""
        space, beta = self.space, self.beta.astype(field.dtype)
        total = [jnp.zeros((), field.dtype)] * space.lattice.ndim
        for mu, nu in planes(space):
            pull = beta * sine(plaquette_angles(space, field, mu, nu, field.dtype))
            total[mu] = total[mu] - pull + space.shift(pull, nu, -1)
            total[nu] = total[nu] + pull - space.shift(pull, mu, -1)
        return space.field_of(total)

    def exact_sampler(self) -> ExactU1Fields:
        """What draws exact, independent configurations, in two dimensions.

        Raises:
            ConfigError: the lattice is not two-dimensional.
        """
        if self.space.lattice.ndim != 2:
            raise ConfigError(
                "kernel",
                "U(1) gauge theory can be drawn exactly in two dimensions only, not in "
                f'{self.space.lattice.ndim}; use "heat-bath" or "hmc"',
            )
        return ExactU1Fields(self.space, SpreadPlaquettes(self.space.lattice, float(self.beta)))

    def staples(self, field: AngleField, part: int) -> PolarStaples:
        """The sum of the staples of the links along an axis, on all sites."""
        return polar_sum(staples(self.space, field, part))

    def staples_on(
        self, field: AngleField, part: int, restrict: Callable[[Angles], Angles]
    ) -> PolarStaples:
        """The same on some sites."""
        return polar_sum(staples(self.space, field, part, restrict))

    def local_distribution(self, part: int) -> U1Link:
        """Von Mises, the same along all axes."""
        return U1Link(self.beta)

    def with_defect(self, length: int, strength: Any) -> U1Defect:
        """The theory with plaquettes of another coupling across a part of the boundary.

        Raises:
            ConfigError: the lattice is not two-dimensional, or too small.
        """
        return U1Defect(self.space.lattice, beta=self.beta, length=length, strength=strength)


@dataclasses.dataclass(frozen=True)
class _Cosines:
    """A field, with the batch in trailing axes, to the cosines of its plaquettes at each site."""

    space: U1Links

    def __call__(self, field):
        cosines = [
            cosine(plaquette_angles(self.space, field, mu, nu, jnp.float64))
            for mu, nu in planes(self.space)
        ]
        return [sum(cosines[1:], cosines[0])]


class U1GaugeSettings(TheorySettings):
    """Compact U(1) gauge theory with Wilson's plaquette action."""

    title: ClassVar[str] = "U(1) gauge theory"
    symbols: ClassVar[dict[str, str]] = {"beta": "β"}
    formula: ClassVar[str] = "−β Σ<sub>P</sub> cos θ<sub>P</sub>"
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"shape": (4, 3), "beta": 1.3},
        {"shape": (2, 3, 4), "beta": 0.9},
    )

    kind: Literal["u1"] = "u1"
    beta: float = Field(description="coupling: S = -beta sum over plaquettes of cos theta_P")

    def build(self) -> U1Gauge:
        """The theory.

        Raises:
            ConfigError: the lattice has one dimension.
        """
        return U1Gauge(self.lattice(), beta=self.beta)
