"""What observables of spins need of a theory."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float

from latflow.fields import FieldSpace


@runtime_checkable
class SpinTheory(Protocol):
    """A theory with a nearest-neighbour product and a real, vector-valued order parameter."""

    @property
    def space(self) -> FieldSpace:
        """The field space."""
        ...

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries of the action."""
        ...

    def action(self, field: Any) -> Float[Array, ""]:
        """The action of one configuration."""
        ...

    def force(self, field: Any) -> Any:
        """Minus the gradient of the action."""
        ...

    def link_energy(self, field: Any) -> Float[Array, ""]:
        """The mean over links of the product of neighbours, one in an ordered field."""
        ...

    def order_parameter(self, field: Any) -> Float[Array, "components *sites"]:
        """Real components on every site, whose expectation value vanishes by symmetry."""
        ...
