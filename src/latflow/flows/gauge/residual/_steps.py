"""All steps of a residual flow, and back: the way back of each is a fixed point."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import batch_last
from latflow.fields import Field
from latflow.fields.links import staples
from latflow.flows.gauge._link_mask import LinkMask
from latflow.flows.gauge.residual._elimination import log_determinants, solved
from latflow.flows.gauge.residual._one_link import GaugeSpace, OneLinkLoops

LogDet = Float[Array, ""]


def steps(
    space: GaugeSpace,
    field: Field,
    coefficients: Float[Array, "layers terms"],
    limit: float,
    forward: bool,
) -> tuple[Field, LogDet]:
    """Half of the links along one axis go to exp(v) U, v the gradient of their loops, then others.

    Layer after layer the axis is the next one, and after all of them the other half moves.

    Args:
        space: of the field.
        field: the links.
        coefficients: of the loops, with moduli that add up to ``limit`` at most for each layer.
        limit: less than one.
        forward: or back, the last layer first.
    """
    parameters = {"space": space, "limit": limit, "forward": forward}
    return tuple(_steps_p.bind(field, coefficients, **parameters))


def _steps(field, coefficients, *, space, limit, forward):
    ndim, layers = space.lattice.ndim, coefficients.shape[0]
    masks = [LinkMask(space, i % ndim, i >= ndim) for i in range(min(layers, 2 * ndim))]
    loops = OneLinkLoops(space)

    # What differs from mask to mask moves numbers only: the rest is one program for all layers.
    def seen(mask, field):
        link = mask.taken(space.link(field, mask.axis))
        around = [loops.matrices(mask.taken(one)) for one in staples(space, field, mask.axis)]
        return link, sum(around[1:], around[0])

    def step(carry, here):
        field, log_det = carry
        which, c = here
        link, staple = jax.lax.switch(which, [partial(seen, mask) for mask in masks], field)
        square = loops.product(jnp.conj(jnp.swapaxes(staple, 0, 1)), staple)
        there = _forward if forward else _back
        link, change = there(loops, limit, link, (staple, square, c))
        field = jax.lax.switch(which, [mask.changed for mask in masks], field, link)
        return (field, log_det + jnp.sum(change, axis=0)), None

    trailing = field.shape[len(space.structure(jnp.float32).shape) :]
    start = (field, jnp.zeros(trailing, jnp.float64))
    here = (jnp.asarray(np.arange(layers) % (2 * ndim)), coefficients)
    (end, log_det), _ = jax.lax.scan(jax.checkpoint(step), start, here, reverse=not forward)
    return [end, log_det]


def _forward(loops, limit, link, around):
    velocity, stretch = loops.response(link, *around)
    return loops.moved(link, velocity), log_determinants(_one_plus(stretch))


def _back(loops, limit, link, around):
    def pulled(link, around, here):
        return loops.moved(link, -loops.velocity(here, *around))

    fixed_link, fixed = jax.lax.stop_gradient((link, around))
    near = _fixed_point(lambda here: pulled(fixed_link, fixed, here), loops, limit, fixed_link)
    # One step of Newton's method: what is left squared, and the derivatives of the fixed point.
    _, stretch = loops.response(near, *fixed)
    rest = loops.difference(pulled(link, around, near), near)
    found = loops.moved(near, solved(_one_plus(stretch), rest))
    _, stretch = loops.response(found, *around)
    return found, -log_determinants(_one_plus(stretch))


def _fixed_point(pulled, loops, limit, start):
    """The link that ``pulled`` leaves where it is, to a power of the precision; it contracts."""
    dtype = jnp.finfo(start.dtype).dtype
    tolerance = float(jnp.finfo(dtype).eps) ** 0.6
    most = 4 + math.ceil(math.log(tolerance / 10) / math.log(limit))

    def goes_on(carry):
        _, change, count = carry
        return (change > tolerance) & (count < most)

    def once(carry):
        link, _, count = carry
        moved = pulled(link)
        return moved, jnp.max(jnp.abs(loops.difference(moved, link))), count + 1

    carry = (start, jnp.asarray(jnp.inf, dtype), jnp.asarray(0))
    return jax.lax.stop_gradient(jax.lax.while_loop(goes_on, once, carry)[0])


def _one_plus(matrices):
    n = matrices.shape[0]
    one = jnp.eye(n, dtype=matrices.dtype)
    return matrices + one.reshape(n, n, *(1,) * (matrices.ndim - 2))


def _differentiate(operands, tangents, **parameters):
    tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
    return jax.jvp(lambda *xs: _steps(*xs, **parameters), tuple(operands), tuple(tangents))


_steps_p = batch_last("latflow_residual_steps", _steps, shared=(1,), several=True)
ad.primitive_jvps[_steps_p] = _differentiate
