"""A flow of the coarser lattice, applied to the sites with even coordinates and no others."""

from collections.abc import Callable

import jax.numpy as jnp

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.flows._on_sublattices import OfCoarserLattice
from latflow.lattice import Lattice, on_lattice
from latflow.sublattices import interleave, sublattices


class OnCoarseSites(OfCoarserLattice):
    """A flow on phi(2n); all other sites stay as they are.

    Args:
        flow: on the lattice of half the extents.
    """

    flow: Flow

    def __init__(self, flow: Flow):
        self.flow = flow

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


def on_coarse_sites(space: FieldSpace, doublings: int, build: Callable[[FieldSpace], Flow]) -> Flow:
    """A flow on the sites whose coordinates are multiples of 2^doublings.

    Args:
        space: of the whole lattice.
        doublings: of the spacing.
        build: the flow, given the space on those sites.
    """
    coarser = Lattice(tuple(extent // 2**doublings for extent in space.lattice.shape))
    flow = build(on_lattice(space, coarser))
    for _ in range(doublings):
        flow = OnCoarseSites(flow)
    return flow
