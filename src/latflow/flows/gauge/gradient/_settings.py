"""The settings of gradient flows."""

from typing import ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key
from pydantic import Field, model_validator

from latflow.fields import FieldSpace
from latflow.fields.links import SULinks, U1Links
from latflow.flows._flow import FlowSettings
from latflow.flows.gauge.gradient._gradient_flow import GradientFlow
from latflow.flows.gauge.gradient._loop_functions import Loops, loop_functions, order_of
from latflow.flows.gauge.gradient._trivializing import trivializing_series
from latflow.not_trained import Held
from latflow.precision import FixedSteps


class GradientFlowSettings(FlowSettings):
    """Gradient flow of links: along the gradient of a learnt sum of Wilson loops, from uniform
    links to the theory's coupling; any dimension, few parameters, for all sizes and couplings."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (U1Links, SULinks)

    kind: Literal["gradient"] = "gradient"
    loops: Loops = Field(
        "pairs",
        description="characters of plaquettes only, or also products of two that share a link, "
        "which need extents of at least 3",
    )
    powers: int = Field(
        3, ge=1, le=16, description="powers of the coupling that every coefficient is a sum of"
    )
    start: Literal["identity", "leading", "next"] = Field(
        "leading",
        description="where training starts: nothing moves, or the trivializing map to leading or "
        'next order in the coupling; "next" needs loops = "pairs" and powers >= 2',
    )
    beta: float | None = Field(
        None, description="coupling at which the flow ends; that of the theory where it has one"
    )
    steps: int = Field(
        4,
        ge=1,
        le=10**4,
        description="steps of the classical Runge-Kutta method in single precision: in training",
    )
    precise_steps: int = Field(
        6,
        ge=1,
        le=10**4,
        description="steps of the method of order 8 in double precision: draws and densities",
    )

    @model_validator(mode="after")
    def _enough_for_its_start(self):
        if self.start == "next" and (self.loops == "plaquettes" or self.powers < 2):
            raise ValueError('start = "next" needs loops = "pairs" and powers of at least 2')
        return self

    @property
    def needs_training(self) -> bool:
        """Not where it starts at the trivializing map."""
        return self.start == "identity"

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> GradientFlow:
        """The flow; without ``beta`` it ends at zero, and does nothing, until it is aimed.

        Raises:
            ConfigError: no links, one dimension, or an extent too small for the loops.
        """
        self.require_space(space)
        assert isinstance(space, U1Links | SULinks)  # as was just required
        functions = loop_functions(space, self.loops)
        powers = np.zeros((self.powers, len(functions)))
        orders = {"identity": 0, "leading": 1, "next": 2}[self.start]
        n = order_of(space)
        units = n * np.array([function.eigenvalue for function in functions])
        series = trivializing_series(space, self.loops)[:orders] * units
        # The power that is fitted is s = tau / 2 N^2 + ...
        powers[:orders] = series * (2 * n * n) ** np.arange(orders)[:, None]
        return GradientFlow(
            space,
            powers=jnp.asarray(powers, jnp.float32),
            coupling=Held(jnp.asarray(self.beta or 0.0, jnp.float64)),
            loops=self.loops,
            accuracy=FixedSteps(self.steps, self.precise_steps),
            given=self.beta is not None,
        )
