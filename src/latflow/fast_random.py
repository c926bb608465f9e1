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

from latflow.batching import batch_last
from latflow.random import GENERATOR

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
    return [jax.random.wrap_key_data(data[i], impl=GENERATOR) for i in range(count)]


def normal(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Standard normal numbers by Box and Muller."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        radius = jnp.sqrt(-2 * jnp.log(_unit(high, dtype)))
        sine, cosine = _sine_cosine(low, dtype)
        return radius * sine, radius * cosine

    return _one_each(key, shape, transform)


def uniform(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Uniform numbers in (0, 1); in single precision the largest may round to 1."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        return _unit(high, dtype), _unit(low, dtype)

    return _one_each(key, shape, transform)


def exponential(key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Numbers:
    """Exponential numbers of mean one: minus the logarithm of uniform ones."""

    def transform(high: Words, low: Words) -> tuple[Numbers, Numbers]:
        return -jnp.log(_unit(high, dtype)), -jnp.log(_unit(low, dtype))

    return _one_each(key, shape, transform)


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
    both = _pairs_p.bind(*_words_of(key), shape=shape, transform=transform)
    return both.real, both.imag


def _pairs(x, y, *, shape, transform):
    """Complex numbers of a shape, with the key words' axes trailing."""
    rows, *others = shape or (1,)
    half = (rows + 1) // 2
    count = half * math.prod(others)
    counter = jax.lax.iota(jnp.uint32, count).reshape(half, *others, *(1,) * x.ndim)

    def block(counter, _):
        words = threefry((x, y), (counter, jnp.full((), _NUMBERS, jnp.uint32)))
        return counter + np.uint32(count), jax.lax.complex(*transform(*words))

    _, blocks = jax.lax.scan(block, counter, length=2)
    both = jnp.concatenate([blocks[0], blocks[1]])[:rows]
    return both if shape else both[0]


_pairs_p = batch_last("latflow_random_pairs", _pairs)


def _one_each(key: Key[Array, ""], shape: tuple[int, ...], transform) -> Numbers:
    """One number for each place: the halves of the first axis share hashes."""
    rows, *others = shape or (1,)
    pair = pairs(key, ((rows + 1) // 2, *others), transform)
    return _joined_p.bind(*pair, shape=shape)


def _joined(first, second, *, shape):
    joined = jnp.concatenate([first, second])
    return joined[: shape[0]] if shape else joined[0]


_joined_p = batch_last("latflow_random_joined", _joined)


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
    total = square * np.asarray(signed[-1], square.dtype)
    total = total + np.asarray(signed[-2], square.dtype)
    for coefficient in reversed(signed[:-2]):
        total = total * square + np.asarray(coefficient, square.dtype)
    return total
