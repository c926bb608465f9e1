"""From uniform links to Wilson's in two dimensions: splines of plaquettes on a maximal tree.

In two dimensions V - 1 of the V plaquettes are independent, and uniform for uniform links. Each
goes through a spline of the circle, which can learn any density of one plaquette; the last one is
minus the sum of the others and would stay uniform. It goes through a spline of its own, s -> g(s),
and all others take what it loses in equal shares, theta_P + (s - g(s)) / (V - 1): continuous on the
circle since g(pi) = pi, and the determinant is g'(s), as only the sum of all others moves. (With a
residual as an auxiliary variable instead of the last plaquette these are spread plaquettes, see
:class:`~latflow.theories.gauge.SpreadPlaquettes`.)
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.fields.links import U1Links, links_from_plaquettes, plaquette_angles, wrapped
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._spline import Knots, evaluate, evaluate_inverse, oddly
from latflow.flows.gauge._half_turn import half_turn
from latflow.precision import sum_in_double

AngleField = Float[Array, "2 rows columns"]
Angles = Float[Array, "..."]
LogSlopes = Float[Array, "..."]


class CircleMap(eqx.Module):
    """A trainable odd, increasing map of the circle, the same for every angle: a spline.

    Args:
        log_widths: of the bins between 0 and pi.
        log_heights: likewise, of the values.
        log_slopes: at all knots, 0 and pi included.
    """

    log_widths: Float[Array, " bins"]
    log_heights: Float[Array, " bins"]
    log_slopes: Float[Array, " knots"]

    @classmethod
    def identity(cls, bins: int) -> "CircleMap":
        """The map that does nothing, in single precision."""
        zeros = jnp.zeros(bins, jnp.float32)
        return cls(zeros, zeros, jnp.zeros(bins + 1, jnp.float32))

    @property
    def knots(self) -> Knots:
        """From 0 to pi."""
        positions, values = (
            jnp.stack(half_turn(list(logarithms)))
            for logarithms in (self.log_widths, self.log_heights)
        )
        return Knots(positions, values, jnp.exp(self.log_slopes))

    def __call__(self, angles: Angles) -> tuple[Angles, LogSlopes]:
        """The images of angles in (-pi, pi], and the logarithms of the slopes."""
        return oddly(evaluate, angles, self.knots)

    def inverse(self, angles: Angles) -> tuple[Angles, LogSlopes]:
        """What has these images, and the logarithms of the inverse slopes."""
        return oddly(evaluate_inverse, angles, self.knots)


class PlaquetteSpline(Flow):
    """Plaquettes of U(1) in two dimensions through a spline, the last one through another.

    Gauge transformations and charge conjugation commute with it. Translations do not: the last
    plaquette is that at the last row and column.

    Args:
        space: of the fields.
        each: what V - 1 plaquettes go through.
        last: what the last one goes through then, its loss shared by the others.
    """

    space: U1Links
    each: CircleMap
    last: CircleMap

    @property
    def symmetries(self) -> frozenset[str]:
        """Gauge transformations, centre and charge conjugation."""
        return frozenset({"gauge", "centre", "charge-conjugation"})

    def transform(self, z: AngleField) -> tuple[AngleField, LogDet]:
        """Each plaquette by itself, then the last one and the shares."""
        angles = self._plaquettes(z)
        others, log_slopes = self.each(angles[:-1])
        sum_ = wrapped(-jnp.sum(others))
        last, log_slope = self.last(sum_)
        others = others + (sum_ - last) / others.shape[0]
        log_det = sum_in_double(log_slopes) + log_slope.astype(jnp.float64)
        return self._moved(z, others - angles[:-1]), log_det

    def transform_back(self, x: AngleField) -> tuple[AngleField, LogDet]:
        """The last one and the shares, then each plaquette by itself."""
        angles = self._plaquettes(x)
        sum_, log_slope = self.last.inverse(angles[-1])
        shared = wrapped(angles[:-1] - (sum_ - angles[-1]) / (angles.shape[0] - 1))
        others, log_slopes = self.each.inverse(shared)
        log_det = sum_in_double(log_slopes) + log_slope.astype(jnp.float64)
        return self._moved(x, others - angles[:-1]), log_det

    def _plaquettes(self, field: AngleField) -> Float[Array, " volume"]:
        return wrapped(plaquette_angles(self.space, field)).reshape(-1)

    def _moved(self, field: AngleField, change: Float[Array, " volume_minus_1"]) -> AngleField:
        """The field with so much added to its plaquettes; the last one loses as much."""
        everywhere = jnp.append(change, -jnp.sum(change)).reshape(self.space.lattice.shape)
        none = jnp.zeros(2, field.dtype)
        return self.space.project(field + links_from_plaquettes(self.space, everywhere, none))


class PlaquetteSplineSettings(FlowSettings):
    """U(1) in 2D: one trainable spline for all plaquettes but the last, and one for that."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (U1Links,)

    kind: Literal["plaquette-spline"] = "plaquette-spline"
    bins: int = PydanticField(16, ge=2, le=64, description="bins of each spline between 0 and pi")

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> PlaquetteSpline:
        """The flow, starting at the identity.

        Raises:
            ConfigError: the space is not one of U(1) links on two dimensions and several sites.
        """
        self.require_space(space)
        assert isinstance(space, U1Links)  # as was just required
        if space.lattice.ndim != 2 or space.lattice.volume < 2:
            raise ConfigError(
                "theory.shape",
                '"plaquette-spline" needs two dimensions, where plaquettes are independent, and '
                f"more than one site, got {list(space.lattice.shape)}",
            )
        return PlaquetteSpline(space, CircleMap.identity(self.bins), CircleMap.identity(self.bins))
