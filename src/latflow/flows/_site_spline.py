"""Symmetric rational-quadratic spline: one odd function applied on every site."""

from typing import Literal

from jaxtyping import Array, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._spline import OddSpline
from latflow.precision import sum_in_double


class SiteSpline(Flow):
    """x = f(z) on every site, with one trainable odd and increasing f (linear tails)."""

    space: FieldSpace
    spline: OddSpline

    @property
    def symmetries(self) -> frozenset[str]:
        """An odd function, the same everywhere."""
        return frozenset({"z2", "translation"})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Apply f."""
        value, log_slope = self.spline(z)
        return value, sum_in_double(log_slope)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """Apply the inverse of f."""
        value, log_slope = self.spline.inverse(x)
        return value, sum_in_double(log_slope)


class SiteSplineSettings(FlowSettings):
    """One trainable odd function on every site: a symmetric rational-quadratic spline."""

    kind: Literal["symmetric-spline"] = "symmetric-spline"
    bins: int = Field(8, ge=2, le=64, description="bins on each side of zero")
    bound: float = Field(3.0, gt=0, description="field value beyond which the function is linear")

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> SiteSpline:
        """The flow, starting at the identity."""
        self.require_space(space)
        return SiteSpline(space, OddSpline.linear(1.0, self.bins, self.bound))
