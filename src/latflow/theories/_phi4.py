"""Scalar phi^4 theory in one canonical form, with the conventions that the papers use."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field

from latflow.errors import ConfigError
from latflow.fields import RealScalar, ScalarField
from latflow.lattice import Lattice
from latflow.neighbours import forward_sum, neighbour_sum
from latflow.precision import sum_in_double
from latflow.theories._theory import Theory, TheorySettings

Convention = Literal["hopping", "field-strength", "aks", "textbook", "kappa-lambda"]


class Phi4(Theory):
    """Scalar phi^4 theory on a periodic lattice.

    S(phi) = sum_x [ -h sum_mu phi_x phi_{x+mu} + a phi_x^2 + g phi_x^4 ] + c V.

    The named constructors translate the parameters of the literature into h, a, g and c.
    """

    space: RealScalar
    h: float = eqx.field(static=True)
    a: float = eqx.field(static=True)
    g: float = eqx.field(static=True)
    c: float = eqx.field(static=True)

    def __init__(self, lattice: Lattice, *, h: float, a: float, g: float, c: float = 0.0):
        self.space = RealScalar(lattice)
        self.h, self.a, self.g, self.c = float(h), float(a), float(g), float(c)

    def __check_init__(self):
        # For g = 0 the weight is integrable only if the softest mode has a > D |h|.
        bounded_quadratic = self.a > self.space.lattice.ndim * abs(self.h)
        if self.g < 0 or (self.g == 0 and not bounded_quadratic):
            raise ConfigError(
                "quartic coupling",
                f"the action is unbounded below at {self.g}: it must be > 0, or 0 with a mass "
                "squared > 0",
            )

    @classmethod
    def hopping(cls, lattice: Lattice, *, beta: float, lam: float) -> "Phi4":
        """Hopping form of Del Debbio et al. (arXiv:2105.12481) and Albandea et al. (2023)."""
        return cls(lattice, h=beta, a=1 - 2 * lam, g=lam, c=lam)

    @classmethod
    def field_strength(cls, lattice: Lattice, *, zeta: float, m2: float, g4: float) -> "Phi4":
        """Field-strength form of Komijani and Marinkovic (Lattice 2022)."""
        return cls(lattice, h=zeta, a=lattice.ndim * zeta + m2 / 2, g=g4)

    @classmethod
    def aks(cls, lattice: Lattice, *, m2: float, lam: float) -> "Phi4":
        """Form without halves of Albergo, Kanwar and Shanahan (arXiv:1904.12072)."""
        return cls(lattice, h=2.0, a=2 * lattice.ndim + m2, g=lam)

    @classmethod
    def textbook(cls, lattice: Lattice, *, m2: float, lam: float) -> "Phi4":
        """(d phi)^2 / 2 + m2 phi^2 / 2 + lam phi^4."""
        return cls(lattice, h=1.0, a=lattice.ndim + m2 / 2, g=lam)

    @classmethod
    def kappa_lambda(cls, lattice: Lattice, *, kappa: float, lam: float) -> "Phi4":
        """Form of Nicoli et al. (arXiv:2007.07115)."""
        return cls(lattice, h=2 * kappa, a=1 - 2 * lam, g=lam)

    @property
    def symmetries(self) -> frozenset[str]:
        """The action is even in the field and invariant under translations."""
        return frozenset({"z2", "translation"})

    @property
    def constant(self) -> float:
        """c V: what :meth:`action` leaves out."""
        return self.c * self.space.lattice.volume

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
        neighbours = neighbour_sum(self.space.lattice, field)
        return self.h * neighbours - field * (2 * self.a + 4 * self.g * field * field)

    @property
    def hopping_parameter(self) -> float:
        """h in the term -h phi_x phi_{x+mu}: what binds neighbours."""
        return self.h

    def site_action(self, value: ScalarField, neighbours: ScalarField) -> ScalarField:
        """The terms of the action with one site's value, given the sum of its 2D neighbours."""
        return value * (value * (self.a + self.g * value * value) - self.h * neighbours)


# What each convention's constructor takes; the quartic coupling comes last.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "hopping": ("beta", "lam"),
    "field-strength": ("zeta", "m2", "g4"),
    "aks": ("m2", "lam"),
    "textbook": ("m2", "lam"),
    "kappa-lambda": ("kappa", "lam"),
}


class Phi4Settings(TheorySettings):
    """Scalar phi^4 theory; give exactly the parameters of the convention."""

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
        wanted = _PARAMETERS[self.convention]
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

    def build(self) -> Phi4:
        """The theory in canonical form."""
        parameters = self.parameters()
        constructor = getattr(Phi4, self.convention.replace("-", "_"))
        try:
            return constructor(self.lattice(), **parameters)
        except ConfigError as error:
            key = f"theory.{_PARAMETERS[self.convention][-1]}"
            raise ConfigError(key, error.message) from None
