"""Residual flow: links follow the gradient of a learnt sum of loops, one half axis at a time."""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow.fields import Field, FieldSpace
from latflow.fields.links import SULinks, U1Links
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows.gauge._link_mask import require_alternating
from latflow.flows.gauge.residual._one_link import GaugeSpace, OneLinkLoops, bounded
from latflow.flows.gauge.residual._steps import steps
from latflow.lattice import Lattice, on_lattice


class ResidualFlow(Flow):
    """U -> exp(v) U for half of the links along one axis, v the gradient of loops by each of them.

    All else that the loops of a moving link hold is frozen, so that the Jacobian is one small
    matrix for each link: numbers for U(1), 3 x 3 for SU(2), 8 x 8 for SU(3). Coefficients of the
    loops are bounded such that v(U) contracts: then U -> exp(v) U is one-to-one on the group, and
    U = exp(-v(U)) U' is a fixed point, as no distance grows by the exponential.

    Source: Abbott et al. (arXiv:2305.02402), where a step is the gradient of a sum of loops.

    Args:
        space: links of U(1) or SU(N), in two dimensions or more, even extents.
        weights: what the coefficients of the loops are made of, for each layer and kind of loop.
        limit: of the sum of the moduli of a layer's coefficients; one is the bound.
    """

    space: GaugeSpace
    weights: Float[Array, "layers terms"]
    limit: float = eqx.field(static=True)

    @property
    def symmetries(self) -> frozenset[str]:
        """Of Wilson's action all but odd translations."""
        return frozenset({"gauge", "centre", "charge-conjugation", "even-translation"})

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """Through all layers."""
        return steps(self.space, z, bounded(self.weights, self.limit), self.limit, True)

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """Back through all layers, each by iteration and a step of Newton's method."""
        return steps(self.space, x, bounded(self.weights, self.limit), self.limit, False)

    def moved_to(self, lattice: Lattice) -> "ResidualFlow":
        """The same numbers on another lattice.

        Raises:
            ConfigError: an extent is odd.
        """
        require_alternating(lattice)
        return on_lattice(self, lattice)


class ResidualFlowSettings(FlowSettings):
    """Residual flow of links: steps along the gradient of a learnt sum of Wilson loops, of half of
    the links along one axis at a time; any dimension, few parameters, for all sizes."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (U1Links, SULinks)

    kind: Literal["residual"] = "residual"
    layers: int = PydanticField(
        8, ge=1, description="number of steps; 2 D of them change every link once"
    )
    contraction: float = PydanticField(
        0.9,
        gt=0,
        lt=1,
        description="bound on how fast a step may change with the link that it moves; one is "
        "where the map may stop to be invertible",
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> ResidualFlow:
        """The steps, starting at the identity: one axis after the other, even sites first.

        Raises:
            ConfigError: the space is not one of links with even extents.
        """
        self.require_space(space)
        assert isinstance(space, U1Links | SULinks)  # as was just required
        require_alternating(space.lattice)
        weights = jnp.zeros((self.layers, len(OneLinkLoops(space).names)), jnp.float32)
        return ResidualFlow(space, weights, self.contraction)
