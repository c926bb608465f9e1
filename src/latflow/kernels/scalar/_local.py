"""What local updates and cluster flips need to know of a theory."""

from typing import Any, Protocol, runtime_checkable

from latflow.errors import ConfigError
from latflow.fields import RealScalar, ScalarField
from latflow.theories import Coupling


@runtime_checkable
class LocalScalarTheory(Protocol):
    """A real scalar theory with -h sum_mu phi_x phi_{x+mu} and a potential on each site."""

    @property
    def space(self) -> RealScalar:
        """Real scalar fields."""
        ...

    @property
    def hopping_parameter(self) -> Coupling:
        """h, the coefficient of minus the product of neighbours."""
        ...

    def site_action(self, value: ScalarField, neighbours: ScalarField) -> ScalarField:
        """The terms of the action with one site's value, given the sum of its neighbours."""
        ...


def require_local(theory: Any, kernel: str) -> LocalScalarTheory:
    """The theory, if it offers a local action.

    Raises:
        ConfigError: the theory is no scalar theory with a nearest-neighbour action.
    """
    if not isinstance(theory, LocalScalarTheory):
        raise ConfigError(
            "kernel",
            f'"{kernel}" needs a scalar theory with a nearest-neighbour action, which '
            f'{type(theory).__name__} is not; use "hmc"',
        )
    return theory
