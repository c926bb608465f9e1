"""A flow of the coarser lattice, applied to every sublattice of the finer one."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.lattice import Lattice, on_lattice
from latflow.sublattices import doubled, halved, interleave, sublattices


class OfCoarserLattice(Flow):
    """What flows have in common that apply one of half the extents to parts of a field.

    Args:
        flow: on the lattice of half the extents.
    """

    flow: eqx.AbstractVar[Flow]

    @abstractmethod
    def __init__(self, flow: Flow):
        """With the flow, which is all there is."""

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the flow, on twice the extents."""
        return on_lattice(self.flow.space, doubled(self.flow.space.lattice))

    def moved_to(self, lattice: Lattice) -> "OfCoarserLattice":
        """The flow moved to half the extents.

        Raises:
            ConfigError: an extent is odd, or the flow's parameters belong to one lattice size.
        """
        return type(self)(self.flow.moved_to(halved(lattice)))


class OnSublattices(OfCoarserLattice):
    """One and the same flow on each of the 2^D sublattices of even and odd coordinates.

    With it, a flow that makes configurations of a coarser theory makes the interleaved ones
    of Albandea et al., PoS LATTICE2023, eq. (9), that the next flow starts from.

    Args:
        flow: on the lattice of half the extents.
    """

    flow: Flow

    def __init__(self, flow: Flow):
        self.flow = flow

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign where the flow has it, and all translations where the flow has all.

        A translation by one site exchanges sublattices and translates some of them by one of
        their own sites; two steps translate each by one, which is no even number.
        """
        return self.flow.symmetries & {"z2", "translation"}

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """The flow on every sublattice; log-determinants add up."""
        parts, log_dets = jax.vmap(lambda part: self.flow.forward(part))(sublattices(z))
        return interleave(parts), jnp.sum(log_dets)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """The flow's inverse on every sublattice."""
        parts, log_dets = jax.vmap(lambda part: self.flow.inverse(part))(sublattices(x))
        return interleave(parts), jnp.sum(log_dets)
