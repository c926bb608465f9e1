"""What observables of spins need of a theory."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float

from latflow.errors import ConfigError
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


@runtime_checkable
class ChargedTheory(SpinTheory, Protocol):
    """A spin theory whose fields have a topological charge."""

    def topological_charge(self, field: Any) -> Float[Array, ""]:
        """Q of one configuration, an integer."""
        ...


def require_spins(theory: Any, observable: str) -> SpinTheory:
    """The theory, if it is one of spins.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(theory, SpinTheory):
        raise ConfigError("observables", f'"{observable}" {_needs("a theory of spins", theory)}')
    return theory


def require_charge(theory: Any, observable: str) -> ChargedTheory:
    """The theory, if it is one of spins with a charge.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(theory, ChargedTheory):
        needs = _needs("a theory of spins with a charge", theory)
        raise ConfigError("observables", f'"{observable}" {needs}')
    return theory


def _needs(what: str, theory: Any) -> str:
    return f"needs {what}, which {type(theory).__name__} is not; leave it out"
