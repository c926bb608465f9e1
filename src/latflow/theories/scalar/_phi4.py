"""Scalar phi^4 theory in one canonical form, with the conventions that the papers use."""

from typing import Any, ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.errors import ConfigError
from latflow.fields import RealScalar, ScalarField
from latflow.lattice import Lattice
from latflow.neighbours import forward_sum, neighbour_sum
from latflow.observables import Observable
from latflow.observables.scalar import SCALAR_OBSERVABLES
from latflow.precision import sum_in_double
from latflow.site_density import SiteWeight
from latflow.theories._theory import Coupling, Theory, TheorySettings, coupling, is_number
from latflow.theories.scalar._conventions import ACTIONS, PARAMETERS, Convention, canonical
from latflow.theories.scalar._phi4_known import known_numbers
from latflow.theories.scalar._site_width import site_width
from latflow.theories.scalar._vector_fields import vector_fields


class Phi4(Theory):
    """Scalar phi^4 theory on a periodic lattice.

    S(phi) = sum_x [ -h sum_mu phi_x phi_{x+mu} + a phi_x^2 + g phi_x^4 ] + c V.

    The named constructors translate the parameters of the literature into h, a, g and c.
    """

    space: RealScalar
    h: Coupling
    a: Coupling
    g: Coupling
    c: Coupling

    def __init__(self, lattice: Lattice, *, h, a, g, c=0.0):
        if all(is_number(value) for value in (h, a, g)):
            _require_bounded(float(h), float(a), float(g), lattice.ndim)
        self.space = RealScalar(lattice)
        self.h, self.a, self.g, self.c = coupling(h), coupling(a), coupling(g), coupling(c)

    @classmethod
    def hopping(cls, lattice: Lattice, *, beta, lam) -> "Phi4":
        """Hopping form of Del Debbio et al. (arXiv:2105.12481) and Albandea et al. (2023)."""
        return cls.in_convention("hopping", lattice, beta=beta, lam=lam)

    @classmethod
    def field_strength(cls, lattice: Lattice, *, zeta, m2, g4) -> "Phi4":
        """Field-strength form of Komijani and Marinkovic (Lattice 2022)."""
        return cls.in_convention("field-strength", lattice, zeta=zeta, m2=m2, g4=g4)

    @classmethod
    def aks(cls, lattice: Lattice, *, m2, lam) -> "Phi4":
        """Form without halves of Albergo, Kanwar and Shanahan (arXiv:1904.12072)."""
        return cls.in_convention("aks", lattice, m2=m2, lam=lam)

    @classmethod
    def textbook(cls, lattice: Lattice, *, m2, lam) -> "Phi4":
        """(d phi)^2 / 2 + m2 phi^2 / 2 + lam phi^4."""
        return cls.in_convention("textbook", lattice, m2=m2, lam=lam)

    @classmethod
    def kappa_lambda(cls, lattice: Lattice, *, kappa, lam) -> "Phi4":
        """Form of Nicoli et al. (arXiv:2007.07115)."""
        return cls.in_convention("kappa-lambda", lattice, kappa=kappa, lam=lam)

    @classmethod
    def in_convention(cls, convention: Convention, lattice: Lattice, **parameters) -> "Phi4":
        """The theory with the parameters of a convention; see :func:`canonical`."""
        h, a, g, c = canonical(convention, lattice.ndim, **parameters)
        return cls(lattice, h=h, a=a, g=g, c=c)

    @property
    def symmetries(self) -> frozenset[str]:
        """The action is even in the field and invariant under translations."""
        return frozenset({"z2", "translation"})

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Those of a real scalar field."""
        return SCALAR_OBSERVABLES

    def known(self) -> dict[str, KnownNumber]:
        """Of the ensembles of the literature, and of the free field; by canonical couplings."""
        couplings = (float(self.h), float(self.a), float(self.g))
        return known_numbers(couplings, self.space.lattice)

    @property
    def constant(self) -> Float[Array, ""]:
        """c V: what :meth:`action` leaves out."""
        return self.c * self.space.lattice.volume

    def hot(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent normal numbers of the width that a single site has."""
        return site_width(self.a, self.g).astype(dtype) * self.space.random(key, dtype)

    def action(self, field: ScalarField) -> Float[Array, ""]:
        """The action without c V, in double precision."""
        # The terms cancel: rounded to single precision, they would be seen in dH.
        ahead = forward_sum(self.space.lattice, field, jnp.float64)
        value = field.astype(jnp.float64)
        square = value * value
        return sum_in_double(square * (self.a + self.g * square) - self.h * value * ahead)

    def action_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The action without c V, from sums over sites of phi^2, phi^4 and over links.

        ``links``: sum over x and mu of phi_x phi_{x+mu}.
        """
        return self.a * phi2 + self.g * phi4 - self.h * links

    def virial_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Sum over sites of phi dS/dphi, from the same sums: terms count with their degrees."""
        return 2 * self.a * phi2 + 4 * self.g * phi4 - 2 * self.h * links

    def force(self, field: ScalarField) -> ScalarField:
        """Minus the gradient of the action, written out: one pass over the neighbours."""
        h, a, g = (x.astype(field.dtype) for x in (self.h, self.a, self.g))
        neighbours = neighbour_sum(self.space.lattice, field)
        return h * neighbours - field * (2 * a + 4 * g * field * field)

    def vector_fields(self, field: ScalarField) -> tuple[Array, Array]:
        """Maps that a change of couplings is made of; see :func:`vector_fields`."""
        return vector_fields(self.space.lattice, field)

    @property
    def site_weight(self) -> SiteWeight:
        """What one site is by itself, and how it is bound to its neighbours."""
        return SiteWeight(self.a, self.g, self.h)

    @property
    def hopping_parameter(self) -> Coupling:
        """h in the term -h phi_x phi_{x+mu}: what binds neighbours."""
        return self.h

    def site_action(self, value: ScalarField, neighbours: ScalarField) -> ScalarField:
        """The terms of the action with one site's value, given the sum of its 2D neighbours."""
        h, a, g = (x.astype(value.dtype) for x in (self.h, self.a, self.g))
        return value * (value * (a + g * value * value) - h * neighbours)


def _require_bounded(h: float, a: float, g: float, ndim: int) -> None:
    # For g = 0 the weight is integrable only if the softest mode has a > D |h|.
    if g < 0 or (g == 0 and not a > ndim * abs(h)):
        raise ConfigError(
            "quartic coupling",
            f"the action is unbounded below at {g}: it must be > 0, or 0 with a mass squared > 0",
        )


class Phi4Settings(TheorySettings):
    """Scalar phi^4 theory; give exactly the parameters of the convention."""

    title: ClassVar[str] = "φ⁴ theory"
    symbols: ClassVar[dict[str, str]] = {
        "beta": "β", "lam": "λ", "m2": "m²", "zeta": "ζ", "g4": "g₄", "kappa": "κ"
    }  # fmt: skip
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"shape": (3, 4), "beta": 0.6, "lam": 0.5},
        {"shape": (2, 2, 3), "convention": "aks", "m2": -4.0, "lam": 6.0},
    )

    kind: Literal["phi4"] = "phi4"
    convention: Convention = Field(
        "hopping",
        description="parameterisation: hopping (beta, lam), field-strength (zeta, m2, g4), "
        "aks (m2, lam), textbook (m2, lam), kappa-lambda (kappa, lam)",
    )
    beta: float | None = Field(None, description="hopping parameter")
    lam: float | None = Field(None, description="quartic coupling")
    m2: float | None = Field(None, description="bare mass squared, lattice units")
    zeta: float | None = Field(None, description="field strength")
    g4: float | None = Field(None, description="quartic coupling")
    kappa: float | None = Field(None, description="hopping parameter")

    def parameters(self) -> dict[str, float]:
        """The parameters of the chosen convention, by name.

        Raises:
            ConfigError: one is missing, or one of another convention is given.
        """
        wanted = PARAMETERS[self.convention]
        for name in ("beta", "kappa", "zeta", "m2", "lam", "g4"):
            given = getattr(self, name) is not None
            if given != (name in wanted):
                problem = "not a parameter" if given else "missing; it is a parameter"
                raise ConfigError(
                    f"theory.{name}",
                    f"{problem} of the {self.convention} convention, "
                    f"which takes {', '.join(wanted)}",
                )
        return {name: getattr(self, name) for name in wanted}

    def action_html(self) -> str:
        """The action in the chosen convention."""
        return ACTIONS[self.convention]

    def build(self) -> Phi4:
        """The theory in canonical form."""
        parameters = self.parameters()
        try:
            return Phi4.in_convention(self.convention, self.lattice(), **parameters)
        except ConfigError as error:
            key = f"theory.{PARAMETERS[self.convention][-1]}"
            raise ConfigError(key, error.message) from None
