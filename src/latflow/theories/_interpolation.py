"""A theory between two others."""

import jax
from jaxtyping import Array, Float, Key

from latflow.errors import FieldError
from latflow.fields import Field, FieldSpace, Tangent
from latflow.observables import Observable
from latflow.site_density import SiteWeight, site_weight_of
from latflow.theories._theory import Coupling, Theory, coupling


class Interpolation(Theory):
    """S = (1 - t) S_a + t S_b on the field space that both theories share.

    Args:
        start: a, at t = 0.
        end: b, at t = 1; it says what is worth measuring.
        t: any number; an array leaf, so that one may ``vmap`` over a path or differentiate.

    Raises:
        FieldError: the theories live on different spaces.
    """

    start: Theory
    end: Theory
    t: Coupling

    def __init__(self, start: Theory, end: Theory, t):
        if start.space != end.space:
            raise FieldError(
                f"theories on {start.space.description} and {end.space.description} have nothing "
                "in between"
            )
        self.start, self.end, self.t = start, end, coupling(t)

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of both theories."""
        return self.end.space

    @property
    def symmetries(self) -> frozenset[str]:
        """What both have."""
        return self.start.symmetries & self.end.symmetries

    @property
    def constant(self) -> Float[Array, ""]:
        """Interpolated as well."""
        return (1 - self.t) * self.start.constant + self.t * self.end.constant

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Those of the theory at the end."""
        return self.end.observables

    @property
    def site_weight(self) -> SiteWeight:
        """Interpolated, for two theories that have one.

        Raises:
            ConfigError: one of them has none.
        """
        both = (site_weight_of(theory, "this") for theory in (self.start, self.end))
        return SiteWeight(*((1 - self.t) * a + self.t * b for a, b in zip(*both, strict=True)))

    def hot(self, key: Key[Array, ""], dtype) -> Field:
        """As at the end."""
        return self.end.hot(key, dtype)

    def action(self, field: Field) -> Float[Array, ""]:
        """(1 - t) S_a + t S_b."""
        return (1 - self.t) * self.start.action(field) + self.t * self.end.action(field)

    def force(self, field: Field) -> Tangent:
        """The same mean of both forces, in the precision of the field."""
        return _mean(self.start.force(field), self.end.force(field), self.t)


def _mean(a: Tangent, b: Tangent, t: Coupling) -> Tangent:
    def leaf(x, y):
        weight = t.astype(x.real.dtype)
        return (1 - weight) * x + weight * y

    return jax.tree.map(leaf, a, b)
