"""The exact density of U(1) gauge theory in two dimensions."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import FieldSpace
from latflow.fields.links import SULinks, U1Links
from latflow.precision import sum_in_double
from latflow.priors.gauge._matrices import MatrixPlaquettePrior
from latflow.priors.gauge._plaquettes import PlaquettePrior, PlaquettePriorSettings, Plaquettes
from latflow.theories.gauge import ExactU1, SpreadPlaquettes, exact_su_fields
from latflow.trigonometry import cosine


class ExactPlaquettes(PlaquettePrior):
    """e^(beta sum cos theta_P) / Z: where flows start for theories that are not exactly solvable.

    Drawn by rejection from spread plaquettes, normalised by the character expansion.
    """

    space: U1Links
    beta: float = eqx.field(static=True)

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of a Wilson action."""
        return super().symmetries | {"translation", "reflection"}

    def draw_plaquettes(self, key: Key[Array, ""], dtype) -> Plaquettes:
        """Exact and independent."""
        return SpreadPlaquettes(self.lattice, self.beta).draw_exactly(key, dtype)

    def log_density_of(self, angles: Plaquettes) -> Float[Array, ""]:
        """beta sum cos theta_P - log Z."""
        log_z = ExactU1(self.beta, self.lattice.volume).log_z
        return self.beta * sum_in_double(cosine(angles.astype(jnp.float64))) - log_z


class ExactPlaquettesSettings(PlaquettePriorSettings):
    """2D gauge theory itself, drawn exactly: where flows of other theories may start."""

    kind: Literal["exact-plaquettes"] = "exact-plaquettes"

    def build(self, space: FieldSpace) -> ExactPlaquettes | MatrixPlaquettePrior:
        """The prior.

        Raises:
            ConfigError: the space is not one of links of U(1), SU(2) or SU(3) in two dimensions,
                or beta is too large for exact draws of SU(3).
        """
        links = self.on(space)
        if isinstance(links, SULinks):
            return MatrixPlaquettePrior(exact_su_fields(links, self.beta))
        return ExactPlaquettes(links, self.beta)
