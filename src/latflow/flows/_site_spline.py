"""Symmetric rational-quadratic spline: one odd function applied on every site."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._levels import require_level, sites_of_level
from latflow.flows._spline import OddSpline
from latflow.precision import sum_in_double


class SiteSpline(Flow):
    """x = f(z) on every site, with one trainable odd and increasing f (linear tails).

    Args:
        space: of the fields.
        spline: f.
        level: the sites that it acts on, see :mod:`latflow.flows._levels`; all at level 0.

    Raises:
        ConfigError: the lattice does not have that level.
    """

    space: FieldSpace
    spline: OddSpline
    level: int = eqx.field(static=True, default=0)

    def __check_init__(self):
        require_level(self.space.lattice, self.level)

    @property
    def symmetries(self) -> frozenset[str]:
        """An odd function, the same on every site of its level."""
        steps = "translation" if self.level == 0 else "even-translation"
        return frozenset({"z2", *([steps] if self.level <= self.space.lattice.ndim else [])})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Apply f."""
        return self._on_level(z, self.spline(z))

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """Apply the inverse of f."""
        return self._on_level(x, self.spline.inverse(x))

    def _on_level(self, field: ScalarField, moved) -> tuple[ScalarField, LogDet]:
        value, log_slope = moved
        if self.level:
            here = sites_of_level(self.space.lattice, self.level)
            value, log_slope = jnp.where(here, value, field), jnp.where(here, log_slope, 0)
        return value, sum_in_double(log_slope)


class SiteSplineSettings(FlowSettings):
    """One trainable odd function on every site: a symmetric rational-quadratic spline."""

    kind: Literal["symmetric-spline"] = "symmetric-spline"
    bins: int = Field(8, ge=2, le=64, description="bins on each side of zero")
    bound: float = Field(3.0, gt=0, description="field value beyond which the function is linear")
    level: int = Field(
        0, ge=0, le=64, description="sublattice that it acts on: 0 all sites, 1 the even ones, ..."
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> SiteSpline:
        """The flow, starting at the identity."""
        self.require_space(space)
        return SiteSpline(space, OddSpline.linear(1.0, self.bins, self.bound), self.level)
