"""The differential equation of a continuous flow, integrated with the batch last in memory."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import apart, batch_last
from latflow.flows.continuous._kernel import momentum_basis
from latflow.flows.continuous._series import Waves, cosine_series, sine_series, waves
from latflow.flows.continuous._tableaux import Tableau

Fields = Float[Array, "*sites batch"]


class Coefficients(NamedTuple):
    """The vector field at all times at which it is looked at, in the order of the method.

    Leading axes: steps, and different times within a step.

    Attributes:
        linear: eigenvalues of the kernel of the field itself, on the lattice of momenta.
        kernels: those of the kernels of the channels, (*momenta, channels).
        functions: coefficients of sin(f angle) in every channel, (harmonics, channels).
        slopes: coefficients of cos(f angle) in the divergence of one site, (harmonics, 1).
        expansion: the divergence's constant part, of one site.
    """

    linear: Float[Array, "steps times *momenta"]
    kernels: Float[Array, "steps times *momenta channels"]
    functions: Float[Array, "steps times harmonics channels"]
    slopes: Float[Array, "steps times harmonics 1"]
    expansion: Float[Array, "steps times"]


def integrate(
    field: Float[Array, "..."],
    frequency: Float[Array, ""],
    coefficients: Coefficients,
    tableau: Tableau,
    step: float,
) -> tuple[Float[Array, "..."], Float[Array, ""]]:
    """The field at the end of all steps, and the integral of the divergence in double precision.

    Args:
        field: where it starts.
        frequency: the angle of a field is this times the field.
        coefficients: of the vector field.
        tableau: the Runge-Kutta method.
        step: length of a step in time; negative on the way back.
    """
    return tuple(_flow_p.bind(field, frequency, *coefficients, tableau=tableau, step=step))


def integrate_with_score(
    field: Float[Array, "..."],
    score: Float[Array, "..."],
    frequency: Float[Array, ""],
    coefficients: Coefficients,
    tableau: Tableau,
    step: float,
) -> tuple[Float[Array, "..."], Float[Array, ""], Float[Array, "..."]]:
    """The same, and the gradient of the log density at the end, given that at the start.

    d s / dt = -J^T s - grad (div), along the way of the field (Vaitl, Nicoli, Nakajima and Kessel,
    arXiv:2206.09016). Only the field at the end has derivatives.
    """
    operands = (field, frequency, *coefficients, score)
    return tuple(_flow_p.bind(*operands, tableau=tableau, step=step))


def transform_axes(values: Float[Array, "*sites rest"], inverse: bool, ndim: int):
    """Products of the real Fourier modes of every axis; each is one matrix product."""
    for _ in range(ndim):
        modes = momentum_basis(values.shape[0])
        matrix = jnp.asarray(modes.T if inverse else modes, values.dtype)
        shape = values.shape
        values = (matrix @ values.reshape(shape[0], -1)).reshape(shape)
        # The axis goes behind the others: in blocks of memory, and the next one is in front.
        values = jnp.moveaxis(values, 0, ndim - 1)
    return values


def velocity(field: Fields, of: Waves, at: Coefficients) -> Fields:
    """d phi / dt: the field and odd functions of it, each folded with its own kernel."""
    ndim = field.ndim - 1
    channels = transform_axes(sine_series(at.functions, of), False, ndim)
    folded = jnp.sum(at.kernels[..., None] * channels, axis=-2)
    folded = folded + at.linear[..., None] * transform_axes(field, False, ndim)
    return transform_axes(folded, True, ndim)


def divergence(of: Waves, at: Coefficients) -> Fields:
    """d (d phi_x / dt) / d phi_x on every site, but for its constant part."""
    return cosine_series(at.slopes, of)[..., 0, :]


def score_velocity(score: Fields, of: Waves, frequency: Float[Array, ""], at: Coefficients):
    """d s / dt of the gradient s of the log density, at the moving field.

    Kernels are even: each is its own transpose.
    """
    ndim = score.ndim - 1
    order = jnp.arange(1, at.functions.shape[0] + 1, dtype=score.dtype)[:, None]
    modes = transform_axes(score, False, ndim)
    folded = transform_axes(at.kernels[..., None] * modes[..., None, :], True, ndim)
    slopes = cosine_series(order * at.functions, of)
    along = jnp.sum(slopes * folded, axis=-2) - sine_series(order * at.slopes, of)[..., 0, :]
    return -frequency * along - transform_axes(at.linear[..., None] * modes, True, ndim)


def _integrate(field, frequency, *operands, tableau, step):
    count = len(Coefficients._fields)
    coefficients, scores = Coefficients(*operands[:count]), operands[count:]
    ndim = coefficients.linear.ndim - 2
    shape = field.shape
    times = sorted(set(tableau.nodes))
    fixed = jax.lax.stop_gradient

    @jax.checkpoint
    def body(carry, here):
        field, log_det, *score = carry
        # Looked up once: a look-up inside of a fused loop keeps it from being vectorised.
        here = apart(lambda *parts: parts, *here)
        velocities, changes, local = [], [], 0.0
        for node, row, weight in zip(tableau.nodes, tableau.matrix, tableau.weights, strict=True):
            at = Coefficients(*(part[times.index(node)] for part in here))
            moved = _moved(field, row, velocities, step)
            of = waves(frequency * moved)
            velocities.append(velocity(moved, of, at))
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

    starts = [fixed(one).reshape(*shape[:ndim], -1) for one in scores]
    start = field.reshape(*shape[:ndim], -1)
    log_det = jnp.zeros(start.shape[-1:], jnp.float64)
    (end, log_det, *ends), _ = jax.lax.scan(body, (start, log_det, *starts), coefficients)
    return [end.reshape(shape), log_det.reshape(shape[ndim:]), *(e.reshape(shape) for e in ends)]


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


_flow_p = batch_last("latflow_continuous_flow", _integrate, shared=range(1, 7), several=True)
ad.primitive_jvps[_flow_p] = _differentiate
