"""The geometric charge of a spin theory with a gauge symmetry."""

from typing import Any

from jaxtyping import Array, Float

from latflow.observables._observable import MeasuredTheory
from latflow.observables.gauge import TopologicalCharge
from latflow.observables.spins._theory import require_charge


class GeometricCharge(TopologicalCharge):
    """Q as the theory defines it, from its spins; else all as for gauge fields."""

    name = "geometric-charge"

    def charge(self, theory: MeasuredTheory, field: Any) -> Float[Array, ""]:
        """Q of one configuration.

        Raises:
            ConfigError: the theory's spins have none.
        """
        return require_charge(theory, self.name).topological_charge(field)
