"""Random elements of SU(2) with the density exp(2 k x_0): the heart of every SU(N) heat bath.

An element is the first row (a, b) of its matrix [[a, b], [-b*, a*]]: a = x_0 + i x_3,
b = x_2 + i x_1 with x^2 = 1.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float, Key

from latflow import fast_random as random

Quaternion = tuple[Complex[Array, "..."], Complex[Array, "..."]]

# Where the two proposals are accepted equally often, 71 %; four of them all fail in less than 1 %.
_CROSSOVER = 1.7
_PROPOSALS = 4


def product(one: Quaternion, other: Quaternion) -> Quaternion:
    """The product of two elements."""
    (a, b), (c, d) = one, other
    return a * c - b * jnp.conj(d), a * d + b * jnp.conj(c)


def normalised(block: Quaternion) -> tuple[Float[Array, "..."], Quaternion]:
    """k and v of a block k v with v in SU(2); v is one where k vanishes."""
    a, b = block
    norm2 = a.real**2 + a.imag**2 + b.real**2 + b.imag**2
    vanishes = norm2 < jnp.finfo(norm2.dtype).tiny
    inverse = jax.lax.rsqrt(jnp.where(vanishes, 1, norm2))
    v = jnp.where(vanishes, 1, a * inverse), jnp.where(vanishes, 0, b * inverse)
    return norm2 * jnp.where(vanishes, 0, inverse), v


def draw_su2(key: Key[Array, ""], k: Float[Array, "..."], v: Quaternion) -> Quaternion:
    """Elements a such that x = a v has the density exp(2 k x_0).

    x_0 is proposed a few times, at once. Where all proposals fail, the element is one and what is
    updated stays as it is: it does so independently of its value, so that the density is left
    invariant by every single update.
    """
    key_proposals, key_axis = random.split(key, 2)
    shape = (_PROPOSALS, *k.shape)
    x0, accepted = _proposals(key_proposals, 2 * k, shape)
    chosen, any_accepted = x0[-1], accepted[-1]
    for number in reversed(range(_PROPOSALS - 1)):
        chosen = jnp.where(accepted[number], x0[number], chosen)
        any_accepted = accepted[number] | any_accepted
    x = _with_random_axis(key_axis, chosen)
    a, b = product(x, (jnp.conj(v[0]), -v[1]))
    return jnp.where(any_accepted, a, 1), jnp.where(any_accepted, b, 0)


def _proposals(
    key: Key[Array, ""], alpha: Float[Array, "..."], shape: tuple[int, ...]
) -> tuple[Float[Array, "..."], Bool[Array, "..."]]:
    """Proposals for x_0 with the density sqrt(1 - x_0^2) exp(alpha x_0), and whether to take them.

    Large alpha: Kennedy and Pendleton, Phys. Lett. B 156 (1985) 393: 1 - x_0 from a Gamma
    density, accepted with sqrt((1 + x_0) / 2). Small alpha: Creutz, Phys. Rev. D 21 (1980) 2308:
    x_0 from the exponential density, accepted with sqrt(1 - x_0^2).
    """
    dtype = alpha.dtype
    keys = random.split(key, 2)
    angle, first = random.uniform_and_exponential(keys[0], shape, dtype)
    threshold, second = random.uniform_and_exponential(keys[1], shape, dtype)
    alpha = jnp.maximum(alpha, 1e-6)
    delta = (first + jnp.cos(2 * math.pi * angle) ** 2 * second) / alpha
    # In (-1, 1) with the density exp(alpha x); of the same random numbers.
    exponential = 1 + jnp.log1p(jnp.expm1(-2 * alpha) * angle) / alpha
    is_large = alpha > _CROSSOVER
    x0 = jnp.where(is_large, 1 - delta, jnp.clip(exponential, -1, 1))
    probability2 = jnp.where(is_large, (1 + x0) / 2, 1 - x0 * x0)
    return x0, threshold * threshold < probability2


def _with_random_axis(key: Key[Array, ""], x0: Float[Array, "..."]) -> Quaternion:
    """The element with the given x_0 and the rest of x in a uniform direction."""
    keys = random.split(key, 2)
    height = 2 * random.uniform(keys[0], x0.shape, x0.dtype) - 1
    angle = 2 * math.pi * random.uniform(keys[1], x0.shape, x0.dtype)
    radius = jnp.sqrt(jnp.maximum(1 - x0 * x0, 0))
    flat = radius * jnp.sqrt(jnp.maximum(1 - height * height, 0))
    return (
        jax.lax.complex(x0, radius * height),
        jax.lax.complex(flat * jnp.cos(angle), flat * jnp.sin(angle)),
    )
