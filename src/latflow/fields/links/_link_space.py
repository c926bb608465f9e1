"""What all gauge fields have in common: group elements on the links of a lattice."""

from abc import abstractmethod
from typing import Any

from jaxtyping import Array, Complex, Float, Key

from latflow.fields._space import Field, FieldSpace, Tangent

Elements = Any
"""Group elements on all sites: arrays in the layout of the space."""


class LinkSpace(FieldSpace):
    """Fields of one group element U_mu(x) on every link from x to x + mu.

    Loops, observables and gauge transformations are written once, on the few operations of a
    group that a space offers for *elements on all sites*.
    """

    @abstractmethod
    def link(self, field: Field, axis: int) -> Elements:
        """U_axis(x) on all sites."""

    @abstractmethod
    def field_of(self, links: list[Elements]) -> Field:
        """The field whose links along each axis these are."""

    @abstractmethod
    def multiply(self, first: Elements, second: Elements) -> Elements:
        """The product first second, site by site."""

    @abstractmethod
    def inverse(self, elements: Elements) -> Elements:
        """The inverse, for unitary matrices the adjoint, site by site."""

    @abstractmethod
    def identity(self, dtype) -> Elements:
        """One on every site, in the precision of a real dtype."""

    @abstractmethod
    def shift(self, elements: Elements, axis: int, n: int = 1) -> Elements:
        """The elements seen n steps ahead along an axis: result(x) = elements(x + n axis).

        The axis of displacement is one of the lattice, whatever link it is that is displaced.
        """

    @abstractmethod
    def trace(self, elements: Elements) -> Complex[Array, "..."]:
        """tr U / N on all sites; of the lattice's shape."""

    @abstractmethod
    def real_trace(self, elements: Elements) -> Float[Array, "..."]:
        """Re tr U / N on all sites."""

    @abstractmethod
    def random_elements(self, key: Key[Array, ""], dtype) -> Elements:
        """An element from the Haar measure on every site: a random gauge transformation."""

    @abstractmethod
    def bracket(self, first: Tangent, second: Tangent) -> Tangent:
        """The commutator of two velocities, link by link."""

    def transformed(self, field: Field, gauge: Elements) -> Field:
        """U_mu(x) -> Omega(x) U_mu(x) Omega(x + mu)^-1."""
        links = []
        for axis in range(self.lattice.ndim):
            ahead = self.inverse(self.shift(gauge, axis))
            links.append(self.multiply(self.multiply(gauge, self.link(field, axis)), ahead))
        return self.field_of(links)
