"""What a coupling needs of a mask: a field in two parts, and who is near to whom."""

from abc import abstractmethod

import equinox as eqx
import numpy as np
from jaxtyping import Array, Shaped

from latflow.fields import Field, FieldSpace, RealScalar
from latflow.flows._permute import PermutationTable
from latflow.lattice import Lattice

Channels = tuple[Shaped[Array, " sites"], ...]
Passive = tuple[Shaped[Array, " others"], ...]


class Surroundings(eqx.Module):
    """What a coupling's network knows of the lattice: where numbers are needed, and what is near.

    The active part are the numbers that a coupling changes, the frozen part what its network
    looks at. Both are tuples of channels, each a vector over the sites where the part lives.
    """

    space: eqx.AbstractVar[FieldSpace]

    @property
    @abstractmethod
    def symmetries(self) -> frozenset[str]:
        """The symmetries that leave each part where it is, as names of :class:`Flow`."""

    @property
    @abstractmethod
    def active_channels(self) -> int:
        """Channels of the active part."""

    @property
    @abstractmethod
    def frozen_channels(self) -> int:
        """Channels of the frozen part."""

    @property
    @abstractmethod
    def active_sites(self) -> np.ndarray:
        """Flat indices of the sites of the active part, in its order."""

    @property
    @abstractmethod
    def frozen_sites(self) -> np.ndarray:
        """Flat indices of the sites of the frozen part, in its order."""

    @abstractmethod
    def neighbourhood(self, radius: int, of_frozen: bool) -> PermutationTable:
        """Where the sites around each active site lie in a part.

        Args:
            radius: the largest displacement along any axis.
            of_frozen: sites of the frozen part, or of the active one.

        Returns:
            Indices into the part: one row per active site, one column per displacement.
        """


class Mask(Surroundings):
    """Splits a field into numbers that a coupling changes and numbers that it looks at."""

    @abstractmethod
    def split(self, field: Field) -> tuple[Channels, Channels]:
        """The active and the frozen part of a field."""

    def passive(self, field: Field) -> Passive:
        """What a coupling neither changes nor looks at: nothing, unless overridden."""
        return ()

    @abstractmethod
    def join(self, active: Channels, frozen: Channels, passive: Passive = ()) -> Field:
        """The field whose parts these are."""


class ScalarMask(Mask):
    """A mask of real scalars: both parts have one number for each of their sites.

    Args:
        space: of the fields.
    """

    space: RealScalar

    @property
    def lattice(self) -> Lattice:
        """That of the space."""
        return self.space.lattice

    @property
    def active_channels(self) -> int:
        """One real number for each site."""
        return 1

    @property
    def frozen_channels(self) -> int:
        """One real number for each site."""
        return 1
