"""All plaquettes but one drawn independently; the constraint gives the last one."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace
from latflow.fields.links import SULinks, U1Links
from latflow.priors.gauge._matrices import MatrixPlaquettePrior
from latflow.priors.gauge._plaquettes import PlaquettePrior, PlaquettePriorSettings, Plaquettes
from latflow.theories.gauge import (
    FreeSUPlaquettes,
    OnePlaquette,
    Place,
    independent_plaquettes,
    log_bessel,
    log_density_of_free,
)
from latflow.trigonometry import cosine


class FreePlaquettes(PlaquettePrior):
    """V - 1 von Mises plaquettes; the last one is minus their sum.

    With the last one at a fixed place, weights for the Wilson theory of the same beta are
    e^(beta cos theta_last): their ESS does not fall with the volume, I_0(beta)^2 / I_0(2 beta) for
    large ones. At a random place the density is the mean over all V places, weights are one over
    the mean of e^(-beta cos theta_P), and their ESS rises with the volume.
    """

    space: U1Links
    beta: float = eqx.field(static=True)
    place: Place = eqx.field(static=True, default="fixed")

    @property
    def symmetries(self) -> frozenset[str]:
        """With a random place those of a Wilson action."""
        if self.place == "fixed":
            return super().symmetries
        return super().symmetries | {"translation", "reflection"}

    def draw_plaquettes(self, key: Key[Array, ""], dtype) -> Plaquettes:
        """The last row and column is fixed, or a site that is drawn with equal probabilities."""
        key_draw, key_place = jax.random.split(key)
        shape, volume = self.lattice.shape, self.lattice.volume
        angles = independent_plaquettes(key_draw, self.beta, shape, dtype).reshape(-1)
        last = jnp.asarray(volume - 1)
        if self.place == "random":
            last = jax.random.randint(key_place, (), 0, volume)
        is_last = jnp.arange(volume) == last
        others = jnp.where(is_last, 0, angles)
        return jnp.where(is_last, -jnp.sum(others), others).reshape(shape)

    def log_density_of(self, angles: Plaquettes) -> Float[Array, ""]:
        """That of V - 1 independent angles; the mean over places of the last one if random."""
        exponents = self.beta * cosine(angles.astype(jnp.float64))
        return log_density_of_free(exponents, self.place, log_bessel(self.beta))


class FreePlaquettesSettings(PlaquettePriorSettings):
    """2D gauge fields: all plaquettes but one independent, the last one fixed by the constraint."""

    kind: Literal["free-plaquettes"] = "free-plaquettes"
    place: Place = Field(
        "fixed", description="of the plaquette that the constraint gives: at the last site always, "
        "or at one drawn anew for every field"
    )  # fmt: skip

    def build(self, space: FieldSpace) -> FreePlaquettes | MatrixPlaquettePrior:
        """The prior.

        Raises:
            ConfigError: the space is not one of links of U(1), SU(2) or SU(3) in two dimensions.
        """
        links = self.on(space)
        if isinstance(links, SULinks):
            one = OnePlaquette(links.n, self.beta)
            return MatrixPlaquettePrior(FreeSUPlaquettes(links, one, self.place))
        return FreePlaquettes(links, self.beta, self.place)
