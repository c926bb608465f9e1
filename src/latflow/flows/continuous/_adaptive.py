"""The same equation with steps whose length is adapted to every configuration, by diffrax."""

from typing import Protocol, runtime_checkable

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.fields import ScalarField
from latflow.flows._flow import LogDet
from latflow.flows.continuous._series import waves
from latflow.flows.continuous._vector_field import Coefficients, divergence, velocity

_MOST_STEPS = 4096


@runtime_checkable
class Equation(Protocol):
    """What is solved: a module of JAX that gives the vector field at any time."""

    def frequency(self, dtype) -> Float[Array, ""]:
        """The angle of a field is this times the field."""
        ...

    def coefficients(self, times: Float[Array, "..."]) -> Coefficients:
        """The vector field at these times."""
        ...


def integrate_adaptively(
    field: ScalarField,
    equation: Equation,
    ends: tuple[float, float],
    tolerance: float,
    adjoint: bool,
) -> tuple[ScalarField, LogDet]:
    """The field at the end and the integral of the divergence; NaN where the steps get too many.

    Dormand and Prince's method of order 8 with step-size control, from diffrax (P. Kidger, On
    Neural Differential Equations, Oxford 2021).

    Args:
        field: where it starts, in double precision.
        equation: gives the vector field.
        ends: times of start and end.
        tolerance: of the error of a step, relative and absolute, on field and log-determinant.
        adjoint: solve the adjoint equation for gradients, instead of going back through the steps.
    """
    dtype = field.dtype

    def derivative(time, state, equation):
        # The functions below have a batch behind the sites: here it is one configuration.
        at = equation.coefficients(jnp.asarray(time, dtype))
        of = waves(equation.frequency(dtype) * state[0][..., None])
        change = velocity(state[0][..., None], of, at)[..., 0]
        return change, jnp.sum(divergence(of, at) + at.expansion)

    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(derivative),
        diffrax.Dopri8(),
        t0=ends[0],
        t1=ends[1],
        dt0=0.05 if ends[1] > ends[0] else -0.05,
        y0=(field, jnp.zeros((), dtype)),
        args=equation,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        adjoint=diffrax.BacksolveAdjoint() if adjoint else diffrax.RecursiveCheckpointAdjoint(),
        max_steps=_MOST_STEPS,
        throw=False,
    )
    assert solution.ys is not None  # the state at the end was asked for, by default
    good = solution.result == diffrax.RESULTS.successful
    end, log_det = jax.tree.map(lambda y: jnp.where(good, y[0], jnp.nan), solution.ys)
    return end, log_det
