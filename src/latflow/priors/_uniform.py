"""The uniform density of a compact space."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace
from latflow.priors._prior import Prior, PriorSettings


class Uniform(Prior):
    """Density one with respect to the normalised measure (for groups that of Haar).

    Args:
        space: a compact one, where :meth:`FieldSpace.random` draws from the measure.

    Raises:
        ConfigError: the volume of the space is not finite.
    """

    space: FieldSpace

    def __check_init__(self):
        if not self.space.is_compact:
            raise ConfigError(
                "model.prior.kind",
                f'"uniform" needs a compact space, not {self.space.description}; use "normal"',
            )

    def sample(self, key: Key[Array, ""], dtype) -> Field:
        """One draw from the measure."""
        return self.space.random(key, dtype)

    def log_density(self, field: Field) -> Float[Array, ""]:
        """Zero."""
        return jnp.zeros((), jnp.float64)


class UniformSettings(PriorSettings):
    """The uniform density on compact spaces (for groups: Haar measure)."""

    kind: Literal["uniform"] = "uniform"

    def build(self, space: FieldSpace) -> Uniform:
        """The prior on a compact space.

        Raises:
            ConfigError: it is not compact.
        """
        return Uniform(space)
