"""The geometric charge of a spin theory with a gauge symmetry."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float

from latflow.observables.gauge import TopologicalCharge
from latflow.observables.spins._theory import SpinTheory


@runtime_checkable
class ChargedTheory(SpinTheory, Protocol):
    """A spin theory whose fields have a topological charge."""

    def topological_charge(self, field: Any) -> Float[Array, ""]:
        """Q of one configuration, an integer."""
        ...


class GeometricCharge(TopologicalCharge):
    """Q as the theory defines it, from its spins; else all as for gauge fields."""

    name = "geometric-charge"

    def charge(self, theory: ChargedTheory, field: Any) -> Float[Array, ""]:
        """Q of one configuration."""
        return theory.topological_charge(field)
