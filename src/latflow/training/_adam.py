"""Adam whose rounding does not depend on how the compiler writes a division."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

_EPSILON = 1e-8


class AdamState(NamedTuple):
    """Steps done, and the running means of gradients and of their squares."""

    done: Int[Array, ""]
    mean: PyTree[Array]
    square: PyTree[Array]


def scale_by_adam(b1: float, b2: float) -> optax.GradientTransformation:
    """Kingma and Ba (arXiv:1412.6980), algorithm 1.

    As ``optax.scale_by_adam``, but that nothing is divided by a number: XLA is free to write
    (m / c) / s as m / (c s) or as (m (1 / c)) / s, which round otherwise, and does the one on a
    single device and the other on several.
    """

    def init(parameters: PyTree[Array]) -> AdamState:
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        return AdamState(jnp.zeros((), jnp.int32), zeros, zeros)

    def update(
        gradients: PyTree[Array], state: AdamState, parameters: PyTree[Array] | None = None
    ) -> tuple[PyTree[Array], AdamState]:
        done = state.done + 1
        first, second = _correction(b1, done), _correction(b2, done)
        mean = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state.mean, gradients)
        square = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * (g * g), state.square, gradients)

        def step(m: Array, v: Array) -> Array:
            scale = jnp.sqrt(v * second.astype(v.dtype)) + _EPSILON
            return m * first.astype(m.dtype) / scale

        return jax.tree.map(step, mean, square), AdamState(done, mean, square)

    return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]


def _correction(decay: float, done: Int[Array, ""]) -> Float[Array, ""]:
    """1 / (1 - decay^done), in a form that the compiler does not take for a division."""
    return jnp.exp(-jnp.log1p(-(decay ** done.astype(jnp.float64))))
