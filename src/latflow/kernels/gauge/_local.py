"""What heat baths and over-relaxation need to know of a theory: protocols, no names of theories.

A theory that offers them is updated by ``heat-bath``, whatever lives on its sites or links.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Key, PyTree

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace

Values = PyTree[Array]
"""Group elements, spins, ... on some sites: arrays whose last axes are those of the sites."""

Staples = PyTree[Array]
"""What the density of each value depends on: in any form that theory and distribution agree on,
as arrays whose last axes are those of the sites."""


@runtime_checkable
class LocalDistribution(Protocol):
    """The density of one variable given all others, exp(-local action), independently per site.

    Both methods work elementwise on sites: the sites' axes, the last ones of every array, may be
    those of the lattice or of any part of it.
    """

    def draw(self, key: Key[Array, ""], staples: Staples, old: Values) -> Values:
        """A heat bath: new values from that density, in the precision of the old ones.

        Whatever leaves the density invariant will do: old values matter where one group element
        is drawn subgroup by subgroup. Each update has detailed balance; one of several steps in a
        fixed order, which has not, is :class:`InSteps`.
        """
        ...

    def reflect(self, staples: Staples, old: Values) -> Values:
        """Over-relaxation: values of the same local action, by a map that is its own inverse and
        preserves the measure (or a sequence of such)."""
        ...


@runtime_checkable
class InSteps(Protocol):
    """A distribution that updates a variable in several steps, each with detailed balance, so
    that all of them have it in the opposite order only."""

    def reversed(self) -> LocalDistribution:
        """The same distribution, its steps taken from the last to the first."""
        ...


@runtime_checkable
class LocallySolvable(Protocol):
    """A theory whose density of one variable, given all others, can be drawn from.

    The field has one or more *parts* with one variable on each site: the links along each axis,
    or the spins. Variables of one part on sites x and y are independent, given all others, unless
    y is x or a neighbour of x along one of the part's ``neighbour_axes``.
    """

    @property
    def space(self) -> FieldSpace:
        """Where the field lives."""
        ...

    @property
    def local_parts(self) -> tuple[Any, ...]:
        """The parts that a sweep goes through, in order: for links the axes 0 ... D - 1."""
        ...

    def neighbour_axes(self, part: Any) -> tuple[int, ...]:
        """Along which axes variables of that part act on each other directly: for links along mu
        all but mu, for spins all."""
        ...

    def local_values(self, field: Field, part: Any) -> Values:
        """The part's values on all sites."""
        ...

    def with_local_values(self, field: Field, part: Any, values: Values) -> Field:
        """The field with other values of that part."""
        ...

    def staples(self, field: Field, part: Any) -> Staples:
        """What the density of the part's value on each site depends on, on all sites."""
        ...

    def local_distribution(self, part: Any) -> LocalDistribution:
        """The density of one value of that part, given its staples."""
        ...


@runtime_checkable
class RestrictedStaples(Protocol):
    """A theory that can spare itself the staples of sites that are not updated."""

    def staples_on(self, field: Field, part: Any, restrict: Callable[[Values], Values]) -> Staples:
        """The staples of the part on some sites: ``restrict`` takes values on all sites, displaced
        where need be, to those on the sites that are wanted."""
        ...


def require_locally_solvable(theory: Any, kernel: str) -> LocallySolvable:
    """The theory, if it offers what a heat bath needs.

    Raises:
        ConfigError: it does not, or an extent of its lattice is one: a variable would then be its
            own neighbour.
    """
    if not isinstance(theory, LocallySolvable):
        raise ConfigError(
            "kernel",
            f'"{kernel}" needs a theory whose variables can be drawn one by one, which '
            f'{type(theory).__name__} is not; use "hmc"',
        )
    shape = theory.space.lattice.shape
    if min(shape) < 2:
        raise ConfigError(
            "theory.shape",
            f'"{kernel}" needs extents of at least 2, got {list(shape)}: where one is 1, a '
            'variable is its own neighbour; use kernel "hmc"',
        )
    return theory
