"""What a coupling does with its active numbers, given those of the network."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float

from latflow.flows._flow import LogDet
from latflow.flows._representation import Representation

Numbers = Float[Array, " sites"]
Parameters = Float[Array, "_n sites"]


class Transform(eqx.Module):
    """A family of invertible maps of one number, with parameters of its own at every site.

    If the even parameters are even and the odd ones odd under the sign of the field, the map
    must commute with it, or not claim so; see :meth:`is_equivariant`.
    """

    @property
    @abstractmethod
    def n_parameters(self) -> Representation:
        """Parameters of each active number, by their behaviour under the sign of the field."""

    @property
    def is_equivariant(self) -> bool:
        """Whether f(-x; even, -odd) = -f(x; even, odd)."""
        return True

    @abstractmethod
    def forward(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """The images of active numbers, and log |det dx/dz|."""

    @abstractmethod
    def inverse(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """The numbers whose images these are, and log |det dz/dx|."""
