"""How flows are put together: none, one after the other, backwards."""

from typing import Any

import jax.numpy as jnp

from latflow.errors import FieldError
from latflow.fields import Field, FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.flows._symmetries import closure
from latflow.lattice import Lattice


class Identity(Flow):
    """The flow that does nothing, on any space."""

    space: FieldSpace

    @property
    def symmetries(self) -> frozenset[str]:
        """Everything commutes with it."""
        return closure(frozenset({"z2", "translation"}))

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """The field itself."""
        return z, jnp.zeros((), jnp.float64)

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """The field itself."""
        return x, jnp.zeros((), jnp.float64)


class Chain(Flow):
    """Flows one after the other: the first acts first on a latent configuration.

    Args:
        flows: at least one, all on the same space.

    Raises:
        FieldError: there are none, or their spaces differ.
    """

    flows: tuple[Flow, ...]

    def __init__(self, flows: tuple[Flow, ...]):
        self.flows = flows

    def __check_init__(self):
        if not self.flows:
            raise FieldError("a chain needs at least one flow: use Identity(space) for none")
        for flow in self.flows[1:]:
            if flow.space != self.space:
                raise FieldError(
                    f"a chain of flows on {self.space.description} and {flow.space.description}: "
                    "all must act on the same space"
                )

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of all parts."""
        return self.flows[0].space

    @property
    def parts(self) -> tuple[Flow, ...]:
        """Its flows."""
        return self.flows

    @property
    def symmetries(self) -> frozenset[str]:
        """What all parts have in common; a translation contains its even steps."""
        return frozenset.intersection(*(closure(flow.symmetries) for flow in self.flows))

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """Through all flows, first to last."""
        total = jnp.zeros((), jnp.float64)
        for flow in self.flows:
            z, log_det = flow.forward(z)
            total = total + log_det
        return z, total

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """Back through all flows, last to first."""
        total = jnp.zeros((), jnp.float64)
        for flow in reversed(self.flows):
            x, log_det = flow.inverse(x)
            total = total + log_det
        return x, total

    @property
    def carries_score(self) -> bool:
        """If a part does."""
        return any(flow.carries_score for flow in self.flows)

    def transform_with_score(
        self, z: ScalarField, score: ScalarField
    ) -> tuple[ScalarField, LogDet, ScalarField]:
        """Through all flows, first to last."""
        total = jnp.zeros((), jnp.float64)
        for flow in self.flows:
            z, log_det, score = flow.transform_with_score(z, score)
            total = total + log_det
        return z, total, score

    def moved_to(self, lattice: Lattice) -> "Chain":
        """All parts moved."""
        return Chain(tuple(flow.moved_to(lattice) for flow in self.flows))

    def aimed_at(self, theory: Any) -> "Chain":
        """All parts aimed at the theory."""
        return Chain(tuple(flow.aimed_at(theory) for flow in self.flows))


class Invert(Flow):
    """A flow run backwards."""

    flow: Flow

    def __init__(self, flow: Flow):
        self.flow = flow

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the flow itself."""
        return self.flow.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the flow itself."""
        return self.flow.symmetries

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """The inverse of the flow."""
        return self.flow.inverse(z)

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """The forward direction of the flow."""
        return self.flow.forward(x)

    def moved_to(self, lattice: Lattice) -> "Invert":
        """The flow inside moved."""
        return Invert(self.flow.moved_to(lattice))

    def aimed_at(self, theory: Any) -> "Invert":
        """The flow inside aimed at the theory."""
        return Invert(self.flow.aimed_at(theory))
