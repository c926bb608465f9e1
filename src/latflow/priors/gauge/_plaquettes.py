"""What priors on plaquettes have in common: everything but the plaquettes is uniform."""

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.fields.links import SULinks, U1Links, plaquette_angles, random_links_from_plaquettes
from latflow.lattice import Lattice
from latflow.priors._prior import Prior, PriorSettings

AngleField = Float[Array, "2 rows columns"]
Plaquettes = Float[Array, "rows columns"]


class PlaquettePrior(Prior):
    """A density of the plaquettes of U(1) links in two dimensions; gauge and Polyakov loops are
    uniform, so that the density of plaquettes is that of the links in the Haar measure.

    A prior says what :meth:`draw_plaquettes` and :meth:`log_density_of` do.
    """

    space: eqx.AbstractVar[U1Links]
    beta: eqx.AbstractVar[float]

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of a Wilson action, but for the translations, which a prior adds."""
        return frozenset({"gauge", "charge-conjugation", "centre"})

    @property
    def lattice(self) -> Lattice:
        """That of the space."""
        return self.space.lattice

    @abstractmethod
    def draw_plaquettes(self, key: Key[Array, ""], dtype) -> Plaquettes:
        """Angles whose sum is a multiple of 2 pi."""

    @abstractmethod
    def log_density_of(self, angles: Plaquettes) -> Float[Array, ""]:
        """log q of the links with these plaquettes, in the Haar measure."""

    def sample(self, key: Key[Array, ""], dtype) -> AngleField:
        """Plaquettes, and links that make them in a random gauge."""
        key_draw, key_links = jax.random.split(key)
        angles = self.draw_plaquettes(key_draw, dtype)
        return random_links_from_plaquettes(key_links, self.space, angles)

    def log_density(self, field: AngleField) -> Float[Array, ""]:
        """That of its plaquettes, from links in double precision."""
        return self.log_density_of(plaquette_angles(self.space, field.astype("float64")))


class PlaquettePriorSettings(PriorSettings):
    """What the blocks of all of them have."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (U1Links, SULinks)

    beta: float = Field(
        1.0, description="coupling of the plaquettes: e^(beta cos theta_P), e^((beta/N) Re tr P)"
    )

    def on(self, space: FieldSpace) -> U1Links | SULinks:
        """The space, if it is one of links in two dimensions whose plaquettes can be drawn.

        Raises:
            ConfigError: it is none.
        """
        self.require_space(space)
        assert isinstance(space, U1Links | SULinks)  # as was just required
        if space.lattice.ndim != 2:
            kind = type(self).model_fields["kind"].default
            raise ConfigError(
                "model.prior.kind",
                f'"{kind}" needs two dimensions, where plaquettes are independent, not '
                f'{space.lattice.ndim}; use "uniform"',
            )
        if isinstance(space, SULinks) and space.n > 3:
            raise ConfigError(
                "model.prior.kind",
                f"plaquettes of U(1), SU(2) and SU(3) can be drawn, not of SU({space.n}); use "
                '"uniform"',
            )
        return space
