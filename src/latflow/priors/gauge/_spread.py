"""All plaquettes drawn independently, what is left of their sum spread evenly over them."""

from typing import Literal

from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.fields.links import SULinks, U1Links
from latflow.priors.gauge._matrices import MatrixPlaquettePrior
from latflow.priors.gauge._plaquettes import PlaquettePrior, PlaquettePriorSettings, Plaquettes
from latflow.theories.gauge import OnePlaquette, SpreadPlaquettes, SpreadSU2Plaquettes


class SpreadPlaquettesPrior(PlaquettePrior):
    """V von Mises plaquettes, theta_P - r / V with r the residual of their sum.

    The residual is integrated out, so that fields have a density of their own; its weights
    fluctuate far less than those of the pair of field and residual. See
    :class:`~latflow.theories.gauge.SpreadPlaquettes`.
    """

    space: U1Links
    plaquettes: SpreadPlaquettes

    def __init__(self, space: U1Links, plaquettes: SpreadPlaquettes):
        self.space, self.plaquettes = space, plaquettes

    @property
    def beta(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The coupling of the plaquettes."""
        return self.plaquettes.beta

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of a Wilson action."""
        return super().symmetries | {"translation", "reflection"}

    def draw_plaquettes(self, key: Key[Array, ""], dtype) -> Plaquettes:
        """Without the residual."""
        return self.plaquettes.draw(key, dtype)[0]

    def log_density_of(self, angles: Plaquettes) -> Float[Array, ""]:
        """An integral over the residual, done to rounding."""
        return self.plaquettes.log_density(angles)


class SpreadPlaquettesSettings(PlaquettePriorSettings):
    """2D U(1) and SU(2): all plaquettes independent, the residual of their product spread."""

    kind: Literal["spread-plaquettes"] = "spread-plaquettes"

    def build(self, space: FieldSpace) -> SpreadPlaquettesPrior | MatrixPlaquettePrior:
        """The prior.

        Raises:
            ConfigError: the space is not one of links of U(1) or SU(2) in two dimensions.
        """
        links = self.on(space)
        if isinstance(links, SULinks):
            if links.n > 2:
                raise ConfigError(
                    "model.prior.kind",
                    "the density of spread plaquettes is known for U(1) and SU(2); use kind = "
                    '"free-plaquettes" with place = "random"',
                )
            one = OnePlaquette(links.n, self.beta)
            return MatrixPlaquettePrior(SpreadSU2Plaquettes(links, one))
        return SpreadPlaquettesPrior(links, SpreadPlaquettes(links.lattice, self.beta))
