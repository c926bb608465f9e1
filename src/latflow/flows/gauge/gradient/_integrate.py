r"""Motion of gauge fields along the gradient of a sum of loops, and its log-determinant.

dU/dt = v(U, t) U with v_a = -d_a sum_i c_i(t) W_i. With U(t) = exp(u) U(0) the equation is one in
the algebra, du/dt = v - [u, v]/2 + [u, [u, v]]/12 - ..., which a Runge-Kutta method solves in its
full order if the series is long enough (Munthe-Kaas, BIT 38 (1998) 92). The divergence of v, which
is the rate of log det in any coordinates of the group, is sum_i c_i lambda_i W_i.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import batch_last
from latflow.fields import Field, Tangent
from latflow.flows.continuous import Tableau
from latflow.flows.gauge.gradient._loop_functions import (
    GaugeSpace,
    Loops,
    loop_functions,
    loop_sums,
)

# B_k / k! for k = 1, 2, 4, 6: the inverse of the exponential's differential.
_BERNOULLI = {1: -1 / 2, 2: 1 / 12, 4: -1 / 720, 6: 1 / 30240}


def integrate(
    space: GaugeSpace,
    field: Field,
    coefficients: Float[Array, "steps stages functions"],
    tableau: Tableau,
    loops: Loops,
) -> tuple[Field, Float[Array, ""]]:
    """The field at the end of all steps, and the integral of the divergence in double precision.

    Args:
        space: of the field.
        field: where the motion starts.
        coefficients: of the loop functions at the times at which the method looks at them, times
            the length of a step; with the other sign, in the order of the way back, they lead back.
        tableau: the Runge-Kutta method.
        loops: which functions there are.
    """
    parameters = {"space": space, "tableau": tableau, "loops": loops}
    return tuple(_gradient_flow_p.bind(field, coefficients, **parameters))


def velocity_and_divergence(
    space: GaugeSpace, field: Field, coefficients: Float[Array, "functions ..."], loops: Loops
) -> tuple[Tangent, Float[Array, "..."]]:
    """v = - sum_i c_i grad W_i and its divergence sum_i c_i lambda_i W_i.

    The field may have further axes behind those of the lattice, and so has the divergence; the
    coefficients may have them, too.
    """
    values, pull_back = jax.vjp(lambda field: loop_sums(space, field, loops), field)
    eigenvalues = [function.eigenvalue for function in loop_functions(space, loops)]
    coefficients = coefficients.astype(jnp.float64)
    missing = values.ndim - coefficients.ndim
    along = coefficients.reshape(*coefficients.shape, *(1,) * missing)
    # JAX differentiates with respect to z as d/dx - i d/dy: its conjugate is the gradient.
    (slope,) = pull_back(jnp.broadcast_to(-along, values.shape))
    velocity = space.from_slope(field, jnp.conj(slope))
    rates = jnp.tensordot(np.array(eigenvalues), along * values, 1)
    return velocity, rates


def _integrate(field, coefficients, *, space, tableau, loops):
    stages = len(tableau.nodes)
    matrix = np.zeros((stages, stages))
    for i, row in enumerate(tableau.matrix):
        matrix[i, : len(row)] = row
    dtype = jnp.zeros((), field.dtype).real.dtype
    matrix, weights = jnp.asarray(matrix, dtype), jnp.asarray(tableau.weights)
    trailing = field.shape[len(space.structure(dtype).shape) :]

    def stage(carry, here):
        start, slopes, log_det = carry
        index, row, weight, at = here
        way = jnp.tensordot(row, slopes, 1)
        velocity, divergence = velocity_and_divergence(space, space.move(start, way), at, loops)
        slope = _pulled_back(space, way, velocity, tableau.order)
        slopes = jax.lax.dynamic_update_index_in_dim(slopes, slope, index, 0)
        return (start, slopes, log_det + weight * divergence), None

    def step(carry, at):
        field, log_det = carry
        slopes = jnp.zeros((stages, *_tangent_shape(space), *trailing), dtype)
        here = (jnp.arange(stages), matrix, weights, at)
        (_, slopes, log_det), _ = jax.lax.scan(stage, (field, slopes, log_det), here)
        way = jnp.tensordot(weights.astype(dtype), slopes, 1)
        return (space.move(field, way), log_det), None

    start = (field, jnp.zeros(trailing, jnp.float64))
    (end, log_det), _ = jax.lax.scan(jax.checkpoint(step), start, coefficients)
    return [end, log_det]


def _tangent_shape(space: GaugeSpace) -> tuple[int, ...]:
    momentum = jax.eval_shape(lambda: space.momentum(jax.random.key(0), jnp.float32))
    return momentum.shape


def _pulled_back(space: GaugeSpace, way: Tangent, velocity: Tangent, order: int) -> Tangent:
    """du/dt for dU/dt = v U at U = exp(u) U(0), up to terms that a method of an order sees."""
    total, nested = velocity, velocity
    for depth in range(1, order - 1):
        nested = space.bracket(way, nested)
        if depth in _BERNOULLI:
            total = total + _BERNOULLI[depth] * nested
    return total


def _differentiate(operands, tangents, **parameters):
    tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
    return jax.jvp(lambda *xs: _integrate(*xs, **parameters), tuple(operands), tuple(tangents))


_gradient_flow_p = batch_last("latflow_gradient_flow", _integrate, several=True)
ad.primitive_jvps[_gradient_flow_p] = _differentiate
