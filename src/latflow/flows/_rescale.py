"""Global rescaling: the whole field times one positive number."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet


class Rescale(Flow):
    """x = exp(log_scale) z with one trainable number."""

    space: FieldSpace
    log_scale: Float[Array, ""]

    @property
    def symmetries(self) -> frozenset[str]:
        """A number commutes with everything."""
        return frozenset({"z2", "translation"})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Multiply."""
        return z * jnp.exp(self.log_scale), z.size * self.log_scale.astype(jnp.float64)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """Divide."""
        return x * jnp.exp(-self.log_scale), -x.size * self.log_scale.astype(jnp.float64)


class RescaleSettings(FlowSettings):
    """The whole field times one trainable positive number."""

    kind: Literal["rescale"] = "rescale"
    scale: float = Field(1.0, gt=0, description="initial factor")

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Rescale:
        """The flow, starting at the given factor."""
        self.require_space(space)
        return Rescale(space, jnp.log(jnp.asarray(self.scale, jnp.float32)))
