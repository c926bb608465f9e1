"""The settings of continuous flows."""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key
from pydantic import Field, model_validator

from latflow.fields import FieldSpace
from latflow.flows._flow import FlowSettings
from latflow.flows.continuous._flow import Continuous, Solver
from latflow.flows.continuous._kernel import orbits
from latflow.flows.continuous._smooth_kernel import smooth_basis
from latflow.precision import Precision


class ContinuousSettings(FlowSettings):
    """Continuous flow: a differential equation with global kernels, equivariant under Z2,
    translations, reflections and permutations of equal axes."""

    kind: Literal["continuous"] = "continuous"
    channels: int = Field(
        6, ge=1, le=256, description="odd functions of the field, each with a kernel of its own"
    )
    harmonics: int = Field(
        8, ge=1, le=64, description="sines that every function is a sum of: sin(f omega phi)"
    )
    times: int = Field(
        4, ge=1, le=64, description="cosines of time that kernels and functions are sums of"
    )
    nodes: int | None = Field(
        None,
        ge=2,
        le=32,
        description="kernels are smooth functions of momentum, given by so many values of it, each "
        "half of the one before in its square: few parameters, the same on every lattice, which "
        "are learnt in fewer steps and with larger rates; 12 for lattices up to 128; not given: "
        "free at every momentum",
    )
    reach: float = Field(
        3.0,
        gt=0,
        description="field at which the longest sine comes back to zero, at the start of training",
    )
    steps: int = Field(
        8,
        ge=1,
        le=10**4,
        description="steps of the classical Runge-Kutta method in single precision: in training",
    )
    precise_steps: int = Field(
        14,
        ge=1,
        le=10**4,
        description="steps of the method of order 8 in double precision: draws and densities",
    )
    velocity_precision: Precision | None = Field(
        None,
        description='precision in which velocities are computed for draws and densities; "single" '
        "takes 0.6 of the time; the field and the logarithm of its density are summed in double "
        "precision all the same; not given: double",
    )
    solver: Literal["fixed", "adaptive"] = Field(
        "fixed",
        description="steps in double precision: so many of the same length, or of a length that "
        "is adapted to every configuration (Dormand-Prince 8 of diffrax)",
    )
    tolerance: float = Field(
        1e-11, gt=0, lt=1, description='error of an adapted step, for solver = "adaptive"'
    )
    gradient: Literal["recompute", "store", "adjoint"] = Field(
        "recompute",
        description="gradients go back through the steps, which are computed again or stored; or "
        'they solve the adjoint equation, for solver = "adaptive" only',
    )

    @model_validator(mode="after")
    def _adjoint_where_steps_adapt(self):
        if self.gradient == "adjoint" and self.solver != "adaptive":
            raise ValueError('gradient = "adjoint" needs solver = "adaptive"')
        return self

    @model_validator(mode="after")
    def _single_velocities_in_fixed_steps(self):
        if self.velocity_precision == "single" and self.solver == "adaptive":
            raise ValueError(
                'velocity_precision = "single" needs solver = "fixed": steps that adapt to a small '
                "tolerance would resolve the rounding"
            )
        return self

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Continuous:
        """The flow, starting at the identity: all kernels are zero."""
        self.require_space(space)
        extents = space.lattice.shape
        if self.nodes is None:
            of_momentum = int(orbits(extents).max()) + 1
        else:
            of_momentum = smooth_basis(extents, self.nodes).shape[1]
        shape = (self.times, self.harmonics, self.channels)
        solver = Solver(
            steps=self.steps,
            precise_steps=self.precise_steps,
            velocities=self.velocity_precision or "double",
            tolerance=self.tolerance if self.solver == "adaptive" else None,
            adjoint=self.gradient == "adjoint",
            stored=self.gradient == "store",
        )
        return Continuous(
            space,
            linear=jnp.zeros((self.times, of_momentum), jnp.float32),
            kernels=jnp.zeros((self.times, of_momentum, self.channels), jnp.float32),
            functions=jax.random.normal(key, shape, jnp.float32),
            log_frequency=jnp.asarray(np.log(np.pi / self.reach), jnp.float32),
            solver=solver,
            nodes=self.nodes,
        )
