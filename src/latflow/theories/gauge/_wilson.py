"""What gauge theories with Wilson's plaquette action have in common, whatever their group."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.fields.links import Elements, LinkSpace, planes, plaquette
from latflow.not_trained import in_precision
from latflow.observables import Action, Observable
from latflow.observables.gauge import Plaquette, PolyakovLoop, WilsonLoops
from latflow.precision import sum_in_double
from latflow.theories._theory import Coupling, Theory


class WilsonGauge(Theory):
    """S = -beta sum_x sum_{mu < nu} Re tr P_{mu nu}(x) / N.

    A group adds its space, the sum of its staples, and the density of one link given that sum:
    :meth:`staples` and :meth:`local_distribution`. Its force may be written out for speed.
    """

    space: eqx.AbstractVar[LinkSpace]
    beta: eqx.AbstractVar[Coupling]

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of every Wilson action; ``centre``: all links along an axis times one of it."""
        return frozenset({"gauge", "translation", "reflection", "charge-conjugation", "centre"})

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Plaquette, Wilson loops, Polyakov loop, action."""
        return (Plaquette(), WilsonLoops(), PolyakovLoop(), Action())

    def action(self, field: Field) -> Float[Array, ""]:
        """The action in double precision: also its terms, so that dH does not see rounding."""
        field = in_precision(field, jnp.float64)
        traces = [
            sum_in_double(self.space.real_trace(plaquette(self.space, field, mu, nu)))
            for mu, nu in planes(self.space)
        ]
        return -self.beta * sum(traces[1:], traces[0])

    @property
    def local_parts(self) -> tuple[int, ...]:
        """The links along each axis, by axis."""
        return tuple(range(self.space.lattice.ndim))

    def neighbour_axes(self, part: int) -> tuple[int, ...]:
        """Links along mu share plaquettes with those beside them."""
        return tuple(axis for axis in self.local_parts if axis != part)

    def local_values(self, field: Field, part: int) -> Elements:
        """The links along an axis."""
        return self.space.link(field, part)

    def with_local_values(self, field: Field, part: int, values: Elements) -> Field:
        """The field with other links along an axis."""
        links = [
            values if axis == part else self.space.link(field, axis) for axis in self.local_parts
        ]
        return self.space.field_of(links)


def require_planes(ndim: int) -> None:
    """Refuse a lattice without plaquettes.

    Raises:
        ConfigError: it has less than two dimensions.
    """
    if ndim < 2:
        raise ConfigError(
            "theory.shape", f"a plaquette action needs at least 2 dimensions, got {ndim}"
        )
