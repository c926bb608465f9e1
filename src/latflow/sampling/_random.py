"""Random numbers for the hot loops of samplers: the generator of JAX, several times as fast.

``jax.random`` on a CPU runs the rounds of Threefry as a loop over memory, uses one word of every
hash, and inverts the error function for normal numbers. Here the rounds are written out, so that
they fuse; both words are used; and normal numbers come from Box and Muller. Keys are ordinary
JAX keys. All numbers have 32 random bits (24 for single-precision uniform ones near one).
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, UInt32

Words = UInt32[Array, "..."]
Numbers = Float[Array, "..."]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
# Second words of the counters, so that no two uses of one key share a hash.
_NUMBERS, _KEYS = 0x6E756D62, 0x6B657973


def threefry(key: tuple[Words, Words], counter: tuple[Words, Words]) -> tuple[Words, Words]:
    """Threefry-2x32 with 20 rounds: two random words for each counter.

    Salmon, Moraes, Dror and Shaw, SC'11, "Parallel random numbers: as easy as 1, 2, 3".
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(_PARITY))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x = x + y
            y = (y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation))
            y = x ^ y
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def split(key: Key[Array, ""], count: int) -> list[Key[Array, ""]]:
    """Independent keys, like ``jax.random.split``."""
    counter = jax.lax.iota(jnp.uint32, count)
    x, y = threefry(_words_of(key), (counter, jnp.full((count,), _KEYS, jnp.uint32)))
    data = jnp.stack([x, y], axis=-1)
    return [jax.random.wrap_key_data(data[i]) for i in range(count)]


def normal(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Standard normal numbers by Box and Muller."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        radius = jnp.sqrt(-2 * jnp.log(_unit(high, dtype)))
        sine, cosine = _sine_cosine(low, dtype)
        return radius * sine, radius * cosine

    return _flat(pairs(key, ((math.prod(shape) + 1) // 2,), transform), shape)


def uniform(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Uniform numbers in (0, 1); in single precision the largest may round to 1."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        return _unit(high, dtype), _unit(low, dtype)

    return _flat(pairs(key, ((math.prod(shape) + 1) // 2,), transform), shape)


def exponential(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Exponential numbers of mean one: minus the logarithm of uniform ones."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        return -jnp.log(_unit(high, dtype)), -jnp.log(_unit(low, dtype))

    return _flat(pairs(key, ((math.prod(shape) + 1) // 2,), transform), shape)


def uniform_and_exponential(
    key: Key[Array, ""], shape: tuple[int, ...], dtype
) -> tuple[Numbers, Numbers]:
    """A uniform number in (0, 1) and an exponential one, both for each entry of the shape."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        return _unit(high, dtype), -jnp.log(_unit(low, dtype))

    return pairs(key, shape, transform)


def pairs(
    key: Key[Array, ""],
    shape: tuple[int, ...],
    transform: Callable[[Words, Words], tuple[Numbers, Numbers]],
) -> tuple[Numbers, Numbers]:
    """Two numbers from each hash: ``transform`` of its two words, elementwise.

    XLA has no loop with two results on a CPU and counts a hash as cheap: it would hash once for
    each result, and again in every operation that uses one. So the two numbers travel as one
    complex number, and they are made in a loop of two turns, whose results XLA must store.
    """
    count = math.prod(shape)
    words = _words_of(key)
    half = (count + 1) // 2

    def block(first: UInt32[Array, ""]) -> Array:
        counter = first + jax.lax.iota(jnp.uint32, half)
        x, y = threefry(words, (counter, jnp.full((half,), _NUMBERS, jnp.uint32)))
        return jax.lax.complex(*transform(x, y))

    both = jax.lax.map(block, jnp.array([0, half], jnp.uint32)).reshape(-1)[:count].reshape(shape)
    return both.real, both.imag


def _flat(both: tuple[Numbers, Numbers], shape: tuple[int, ...]) -> Numbers:
    return jnp.concatenate(both)[: math.prod(shape)].reshape(shape)


def _words_of(key: Key[Array, ""]) -> tuple[UInt32[Array, ""], UInt32[Array, ""]]:
    data = jax.random.key_data(key)
    return data[0], data[1]


def _unit(word: Words, dtype) -> Numbers:
    """(word + 1/2) / 2^32."""
    half, scale = np.asarray(0.5, dtype), np.asarray(2.0**-32, dtype)
    return (word.astype(dtype) + half) * scale


def _sine_cosine(word: Words, dtype) -> tuple[Numbers, Numbers]:
    """Sine and cosine of 2 pi word / 2^32: the nearest quadrant, then Taylor in |angle| <= pi/4.

    Eleven (single) or seventeen (double) powers: the remainder is below the rounding error.
    """
    quadrant = (word + np.uint32(1 << 29)) >> np.uint32(30)
    fraction = jax.lax.bitcast_convert_type(word << np.uint32(2), jnp.int32).astype(dtype)
    angle = fraction * np.asarray(2 * math.pi * 2.0**-34, dtype)
    terms = 6 if dtype == jnp.float32 else 9
    sine = angle * _taylor(angle * angle, [1 / math.factorial(2 * n + 1) for n in range(terms)])
    cosine = _taylor(angle * angle, [1 / math.factorial(2 * n) for n in range(terms + 1)])
    swap = (quadrant & np.uint32(1)) == 1
    sine, cosine = jnp.where(swap, cosine, sine), jnp.where(swap, sine, cosine)
    sine = jnp.where((quadrant & np.uint32(2)) == 2, -sine, sine)
    cosine = jnp.where(((quadrant + np.uint32(1)) & np.uint32(2)) == 2, -cosine, cosine)
    return sine, cosine


def _taylor(square: Numbers, coefficients: list[float]) -> Numbers:
    """Sum over n of (-1)^n coefficient_n square^n."""
    signed = [(-1) ** n * c for n, c in enumerate(coefficients)]
    total = jnp.full_like(square, signed[-1])
    for coefficient in reversed(signed[:-1]):
        total = total * square + np.asarray(coefficient, square.dtype)
    return total
