"""A flow of the coarser lattice, applied to the sites with even coordinates and no others."""

import jax.numpy as jnp

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.lattice import Lattice, on_lattice
from latflow.sublattices import doubled, halved, interleave, sublattices


class OnCoarseSites(Flow):
    """A flow on phi(2n); all other sites stay as they are.

    Args:
        flow: on the lattice of half the extents.
    """

    flow: Flow

    def __init__(self, flow: Flow):
        self.flow = flow

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the flow, on twice the extents."""
        return on_lattice(self.flow.space, doubled(self.flow.space.lattice))

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign where the flow has it; two steps are one step of the coarser lattice."""
        steps = {"even-translation"} if "translation" in self.flow.symmetries else set()
        return (self.flow.symmetries & {"z2"}) | steps

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """The flow on one of the sublattices."""
        return self._apply(self.flow.forward, z)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """The flow's inverse on one of the sublattices."""
        return self._apply(self.flow.inverse, x)

    def _apply(self, change, field: ScalarField) -> tuple[ScalarField, LogDet]:
        first, *others = sublattices(field)
        first, log_det = change(first)
        return interleave(jnp.stack([first, *others])), log_det

    def moved_to(self, lattice: Lattice) -> "OnCoarseSites":
        """The flow moved to half the extents.

        Raises:
            ConfigError: an extent is odd, or the flow's parameters belong to one lattice size.
        """
        return OnCoarseSites(self.flow.moved_to(halved(lattice)))
