"""The differential equation of a continuous flow, integrated with the batch last in memory."""

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import apart, batch_last
from latflow.flows.continuous._series import waves
from latflow.flows.continuous._tableaux import Tableau
from latflow.flows.continuous._vector_field import (
    Coefficients,
    divergence,
    score_velocity,
    velocity,
)


def integrate(
    field: Float[Array, "..."],
    frequency: Float[Array, ""],
    coefficients: Coefficients,
    tableau: Tableau,
    step: float,
    stored: bool = False,
) -> tuple[Float[Array, "..."], Float[Array, ""]]:
    """The field at the end of all steps, and the integral of the divergence in double precision.

    Velocities are computed in the precision of their coefficients, added up in that of the field.

    Args:
        field: where it starts.
        frequency: the angle of a field is this times the field.
        coefficients: of the vector field.
        tableau: the Runge-Kutta method.
        step: length of a step in time; negative on the way back.
        stored: keep what every stage computed for gradients, instead of computing it again.
    """
    return tuple(
        _flow_p.bind(field, frequency, *coefficients, tableau=tableau, step=step, stored=stored)
    )


def integrate_with_score(
    field: Float[Array, "..."],
    score: Float[Array, "..."],
    frequency: Float[Array, ""],
    coefficients: Coefficients,
    tableau: Tableau,
    step: float,
    stored: bool = False,
) -> tuple[Float[Array, "..."], Float[Array, ""], Float[Array, "..."]]:
    """The same, and the gradient of the log density at the end, given that at the start.

    d s / dt = -J^T s - grad (div), along the way of the field (Vaitl, Nicoli, Nakajima and Kessel,
    arXiv:2206.09016). Only the field at the end has derivatives.
    """
    operands = (field, frequency, *coefficients, score)
    return tuple(_flow_p.bind(*operands, tableau=tableau, step=step, stored=stored))


def _integrate(field, frequency, *operands, tableau, step, stored):
    count = len(Coefficients._fields)
    coefficients, scores = Coefficients(*operands[:count]), operands[count:]
    ndim = coefficients.linear.ndim - 2
    shape = field.shape
    times = sorted(set(tableau.nodes))
    fixed = jax.lax.stop_gradient

    def body(carry, here):
        field, log_det, *score = carry
        # Looked up once: a look-up inside of a fused loop keeps it from being vectorised.
        here = apart(lambda *parts: parts, *here)
        velocities, changes, local = [], [], 0.0
        for node, row, weight in zip(tableau.nodes, tableau.matrix, tableau.weights, strict=True):
            at = Coefficients(*(part[times.index(node)] for part in here))
            moved = _moved(field, row, velocities, step)
            of = waves(frequency * moved)
            velocities.append(_velocity(moved, frequency, of, at))
            if score:
                # Nothing but the field is differentiated.
                of, at, still = fixed(of), fixed(at), fixed(frequency)
                at_score = _moved(score[0], row, changes, step)
                changes.append(score_velocity(at_score, of, still, at))
            if weight:
                local = local + step * weight * (divergence(of, at) + at.expansion)
        log_det = log_det + jnp.sum(local, axis=range(ndim), dtype=jnp.float64)
        ends = [
            _moved(one, tableau.weights, change, step)
            for one, change in zip((field, *score), (velocities, changes), strict=False)
        ]
        return (ends[0], log_det, *ends[1:]), None

    turn = body if stored else jax.checkpoint(body)
    starts = [fixed(one).reshape(*shape[:ndim], -1) for one in scores]
    start = field.reshape(*shape[:ndim], -1)
    log_det = jnp.zeros(start.shape[-1:], jnp.float64)
    (end, log_det, *ends), _ = jax.lax.scan(turn, (start, log_det, *starts), coefficients)
    return [end.reshape(shape), log_det.reshape(shape[ndim:]), *(e.reshape(shape) for e in ends)]


def _velocity(field, frequency, of, at):
    low = at.linear.dtype
    if low == field.dtype:
        return velocity(field, of, at)
    rounded = field.astype(low)
    return velocity(rounded, waves(frequency.astype(low) * rounded), at).astype(field.dtype)


def _moved(start, weights, changes, step):
    for weight, change in zip(weights, changes, strict=False):
        if weight:
            start = start + step * weight * change
    return start


def _differentiate(operands, tangents, **parameters):
    moves = [not isinstance(tangent, ad.Zero) for tangent in tangents]

    def results(moving):
        values = iter(moving)
        given = [next(values) if m else x for m, x in zip(moves, operands, strict=True)]
        return _integrate(*given, **parameters)

    moving = [x for m, x in zip(moves, operands, strict=True) if m]
    along = [tangent for m, tangent in zip(moves, tangents, strict=True) if m]
    return jax.jvp(results, (moving,), (along,))


_flow_p = batch_last(
    "latflow_continuous_flow", _integrate, shared=range(1, 7), several=True, in_turn=True
)
ad.primitive_jvps[_flow_p] = _differentiate
