"""Gauge-equivariant couplings of U(1) links (Kanwar et al., arXiv:2003.06413), in any dimension."""

from collections.abc import Callable
from typing import ClassVar, Literal

import jax
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow.fields import FieldSpace
from latflow.fields.links import U1Links
from latflow.flows._combined import Chain
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._symmetries import closure
from latflow.flows._transform import Transform
from latflow.flows.gauge._active_links import ActiveLinks
from latflow.flows.gauge._circular_spline import CircularSpline
from latflow.flows.nets import ConvolutionSettings, CouplingNet
from latflow.lattice import Lattice, on_lattice
from latflow.leading_axes import on_leading_axes

AngleField = Float[Array, "axes *lattice"]


class LinkCoupling(Flow):
    """Active links turn, by angles that depend on gauge-invariant numbers only.

    The angle alpha = theta + arg A of an active link to the sum A of its staples goes through a
    transform whose parameters a network makes of the frozen loops around; theta changes by as
    much as alpha. Parameters are multiplied by |A|^2 / (2 D - 2)^2: where the staples cancel, so
    that alpha has no meaning, the link stays as it is, as it would in a heat bath of any beta.

    Args:
        links: says which are active.
        net: gives the transform's parameters.
        function: what happens to alpha.
    """

    links: ActiveLinks
    net: CouplingNet
    function: Transform

    def __init__(self, links: ActiveLinks, net: CouplingNet, function: Transform):
        self.links, self.net, self.function = links, net, function

    @property
    def space(self) -> U1Links:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Links on the lattice of the mask."""
        return self.links.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Gauge transformations and centre; charge conjugation if the net is equivariant."""
        own = frozenset({"gauge", "centre"}) | (
            closure(self.net.symmetries) & self.links.symmetries
        )
        return own | {"charge-conjugation"} if self.net.equivariant else own

    def transform(self, z: AngleField) -> tuple[AngleField, LogDet]:
        """Active links turned."""
        return self._turned(z, self.function.forward)

    def transform_back(self, x: AngleField) -> tuple[AngleField, LogDet]:
        """Active links turned back: everything that the angles depend on is as it was."""
        return self._turned(x, self.function.inverse)

    def _turned(self, field: AngleField, change: Callable) -> tuple[AngleField, LogDet]:
        angles, frozen, strength = self.links.seen(field)
        parts = self.net(frozen)
        even, odd = (on_leading_axes(_times, part, strength)[0] for part in parts)
        new, log_det = change(angles, even, odd)
        return self.links.moved(field, new - angles), log_det

    def moved_to(self, lattice: Lattice) -> "LinkCoupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        return LinkCoupling(
            on_lattice(self.links, lattice), self.net.moved_to(lattice), self.function
        )


def _times(parameters: Float[Array, "n ..."], strength: Float[Array, "..."]) -> list[Array]:
    return [parameters * strength[None]]


class LinkCouplingSettings(FlowSettings):
    """Gauge-equivariant couplings of U(1) links: circular splines, convolutions over loops."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (U1Links,)

    kind: Literal["link-coupling"] = "link-coupling"
    layers: int = PydanticField(
        8, ge=1, description="number of couplings; 2 D of them change every link once"
    )
    bins: int = PydanticField(6, ge=2, le=64, description="bins of each spline between 0 and pi")
    equivariance: Literal["charge-conjugation", "none"] = PydanticField(
        "charge-conjugation", description="symmetry built in, beside that of gauge transformations"
    )
    net: ConvolutionSettings = PydanticField(
        default_factory=lambda: ConvolutionSettings.model_validate({"hidden": (8, 8)}),
        description="network of each coupling: convolutions over the loops around active links",
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The couplings, starting at the identity: one axis after the other, even sites first.

        Raises:
            ConfigError: the space is not one of U(1) links with even extents.
        """
        self.require_space(space)
        assert isinstance(space, U1Links)  # as was just required
        equivariant = self.equivariance == "charge-conjugation"
        if equivariant:
            self.net.require_equivariance()
        transform, ndim, couplings = CircularSpline(self.bins), space.lattice.ndim, []
        for layer in range(self.layers):
            links = ActiveLinks(space, layer % ndim, layer // ndim % 2 == 1, equivariant)
            own = jax.random.fold_in(key, layer)
            net = self.net.build(links, transform.n_parameters, equivariant, own)
            couplings.append(LinkCoupling(links, net, transform))
        return Chain(tuple(couplings))
