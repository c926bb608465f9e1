"""What samplers and priors need to know about the manifold that a field lives on."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float, Key, PyTree

from latflow.lattice import Lattice

Field = PyTree[Array]


class FieldSpace(eqx.Module):
    """A space of lattice fields with the geometry that Hamiltonian dynamics needs.

    A momentum is an element of the tangent space; a velocity too. Every method acts on one
    configuration, which may be any pytree of arrays.
    """

    lattice: eqx.AbstractVar[Lattice]

    @abstractmethod
    def random(self, key: Key[Array, ""], dtype) -> Field:
        """A hot start: a disordered field."""

    @abstractmethod
    def cold(self, dtype) -> Field:
        """A cold start: the ordered reference field."""

    @abstractmethod
    def momentum(self, key: Key[Array, ""], dtype) -> PyTree[Array]:
        """A Gaussian momentum with density proportional to exp(-kinetic)."""

    @abstractmethod
    def kinetic(self, momentum: PyTree[Array]) -> Float[Array, ""]:
        """Kinetic energy of a momentum at unit mass, summed in double precision."""

    @abstractmethod
    def move(self, field: Field, velocity: PyTree[Array]) -> Field:
        """Follow the geodesic that starts at the field with the given velocity for unit time."""

    @abstractmethod
    def project(self, field: Field) -> Field:
        """Remove rounding errors that led the field off its manifold."""
