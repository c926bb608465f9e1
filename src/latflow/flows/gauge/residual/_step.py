"""Half of the links along one axis move, and back: the way back is a fixed point."""

import math

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import batch_last
from latflow.fields import Field
from latflow.fields.links import staples
from latflow.flows.gauge._link_mask import LinkMask
from latflow.flows.gauge.residual._elimination import log_determinants, solved
from latflow.flows.gauge.residual._one_link import OneLinkLoops

LogDet = Float[Array, ""]


def step(
    field: Field,
    coefficients: Float[Array, " terms"],
    mask: LinkMask,
    limit: float,
    forward: bool,
) -> tuple[Field, LogDet]:
    """Active links go to exp(v) U, v the gradient of their loops, or back; and the log-determinant.

    Args:
        field: the links.
        coefficients: of the loops, with moduli that add up to ``limit`` at most.
        mask: which links are active.
        limit: less than one.
        forward: or back.
    """
    parameters = {"mask": mask, "limit": limit, "forward": forward}
    return tuple(_step_p.bind(field, coefficients, **parameters))


def _step(field, coefficients, *, mask, limit, forward):
    space = mask.space
    loops = OneLinkLoops(space)
    link = mask.taken(space.link(field, mask.axis))
    around = [loops.matrices(mask.taken(one)) for one in staples(space, field, mask.axis)]
    staple = sum(around[1:], around[0])
    square = _product(jnp.conj(jnp.swapaxes(staple, 0, 1)), staple)

    def response(link):
        return loops.response(_product(loops.matrices(link), staple), square, coefficients)

    if forward:
        velocity, stretch = response(link)
        return [
            mask.changed(field, loops.moved(link, velocity)),
            _summed(log_determinants(_one_plus(stretch))),
        ]

    def pulled(link_there, staple, square, coefficients, link):
        w = _product(loops.matrices(link), staple)
        return loops.moved(link_there, -loops.gradient(w, square, coefficients))

    fixed = jax.lax.stop_gradient((link, staple, square, coefficients))
    near = _fixed_point(lambda here: pulled(*fixed, here), loops, limit, fixed[0])
    # One step of Newton's method: what is left squared, and the derivatives of the fixed point.
    w = _product(loops.matrices(near), fixed[1])
    _, stretch = loops.response(w, fixed[2], fixed[3])
    rest = loops.difference(pulled(link, staple, square, coefficients, near), near)
    found = loops.moved(near, solved(_one_plus(stretch), rest))
    _, stretch = response(found)
    return [mask.changed(field, found), -_summed(log_determinants(_one_plus(stretch)))]


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


def _summed(values):
    """Over links; a batch stays."""
    return jnp.sum(values, axis=0)


def _product(first, second):
    terms = [first[:, k, None] * second[None, k] for k in range(first.shape[0])]
    return sum(terms[1:], terms[0])


def _differentiate(operands, tangents, **parameters):
    tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
    return jax.jvp(lambda *xs: _step(*xs, **parameters), tuple(operands), tuple(tangents))


_step_p = batch_last("latflow_residual_step", _step, shared=(1,), several=True)
ad.primitive_jvps[_step_p] = _differentiate
