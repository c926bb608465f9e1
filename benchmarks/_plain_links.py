"""Flows of links as public tutorials and papers have them, in plain JAX.

U(1): all of the training step of the tutorial of Albergo et al. (arXiv:2101.08176). SU(3): the
same stripes and networks, and Boyda et al. (arXiv:2008.05456) for what happens to a plaquette: its
eigenvalues, by JAX's own ``eigh`` and derivative of it, go through splines in a box. An eighth of
the links changes in a layer. Arrays have their layout left to ``vmap`` and to XLA.
"""

import jax
import jax.numpy as jnp
import numpy as np
from _steps import plain_training

CHANNELS = 8
COMPONENTS = 2
BINS = 4
SMALLEST = 1e-3


def stripes(shape, axis, offset):
    """Plaquettes at offset, and those one behind, across the axis, every fourth."""
    position = np.indices(shape)[1 - axis] % 4
    return jnp.asarray(position == offset % 4), jnp.asarray(position == (offset - 1) % 4)


def random_networks(layers, outputs):
    """Kernels and biases of every layer's network."""
    widths = (2, CHANNELS, CHANNELS, outputs)
    keys = jax.random.split(jax.random.key(0), layers * 3).reshape(layers, 3)
    return [
        [
            (
                0.1 * jax.random.normal(keys[layer, k], (3, 3, *widths[k : k + 2]), jnp.float32),
                jnp.zeros(widths[k + 1], jnp.float32),
            )
            for k in range(3)
        ]
        for layer in range(layers)
    ]


def network(weights, pair):
    """Three periodic convolutions of a field of two channels, which come last."""
    hidden = pair[None]
    for k, (kernel, bias) in enumerate(weights):
        padded = jnp.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
        hidden = bias + jax.lax.conv_general_dilated(
            padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        hidden = jax.nn.leaky_relu(hidden) if k < 2 else hidden
    return hidden[0]


def plain_u1(shape, layers, batch, beta, learning_rate):
    """A function that does training steps for U(1)."""

    def plaquettes_of(links):
        return (
            links[0] + jnp.roll(links[1], -1, 0) - jnp.roll(links[0], -1, 1) - links[1]
        )  # fmt: skip

    def wrapped(angle):
        return jnp.mod(angle + jnp.pi, 2 * jnp.pi) - jnp.pi

    def layer(weights, links, number):
        axis, offset = number % 2, (number // 2) % 4
        active, passive = stripes(shape, axis, offset)
        angles = plaquettes_of(links)
        pair = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
        out = network(weights, jnp.where((active | passive)[..., None], 0, pair))
        scales, shift = jnp.exp(out[..., :COMPONENTS]), out[..., COMPONENTS]
        angle = wrapped(angles)
        moved = jnp.mean(2 * jnp.arctan(scales * jnp.tan(angle / 2)[..., None]), -1)
        half = angle[..., None] / 2
        slopes = 1 / (jnp.cos(half) ** 2 / scales + scales * jnp.sin(half) ** 2)
        change = jnp.where(active, wrapped(moved + shift) - angle, 0)
        log_det = jnp.sum(jnp.where(active, jnp.log(jnp.mean(slopes, -1)), 0))
        return links.at[axis].add(change if axis == 0 else -change), log_det

    def sample_loss(parameters, key):
        links = jax.random.uniform(key, (2, *shape), jnp.float32, -jnp.pi, jnp.pi)
        total = 0.0
        for number, weights in enumerate(parameters):
            links, log_det = layer(weights, links, number)
            total = total + log_det
        return -beta * jnp.sum(jnp.cos(plaquettes_of(links))) - total

    return plain_training(
        sample_loss, random_networks(layers, COMPONENTS + 1), batch, learning_rate
    )


def plain_su3(shape, layers, batch, beta, learning_rate):
    """A function that does training steps for SU(3)."""

    def adjoint(matrices):
        return jnp.conj(jnp.swapaxes(matrices, -1, -2))

    def plaquettes_of(links):
        there = links[0] @ jnp.roll(links[1], -1, 0)
        return there @ adjoint(links[1] @ jnp.roll(links[0], -1, 1))

    def layer(weights, links, number):
        axis, offset = number % 2, (number // 2) % 4
        active, passive = stripes(shape, axis, offset)
        plaquettes = plaquettes_of(links)
        trace = jnp.trace(plaquettes, axis1=-2, axis2=-1) / 3
        pair = jnp.stack([trace.real, trace.imag], -1)
        out = network(weights, jnp.where((active | passive)[..., None], 0, pair))
        # Only what changes is diagonalised.
        own = (slice(None), slice(offset, None, 4)) if axis == 0 else (slice(offset, None, 4),)
        loops, parameters = plaquettes[own], out[own]
        new, log_det = spectral(loops, parameters)
        old = links[axis][own]
        changed = new @ adjoint(loops) @ old if axis == 0 else adjoint(new) @ loops @ old
        return links.at[(axis, *own)].set(changed), log_det

    def spectral(loops, parameters):
        one = jnp.eye(3, dtype=loops.dtype)
        hermitian = 1j * jnp.linalg.solve(one + loops, one - loops)
        tangents, vectors = jnp.linalg.eigh((hermitian + adjoint(hermitian)) / 2)
        angles = 2 * jnp.arctan(tangents)
        winding = jnp.round(jnp.sum(angles, -1) / (2 * jnp.pi)).astype(int)[..., None]
        places = jnp.arange(3) - winding
        order = places % 3
        angles = jnp.take_along_axis(angles, order, -1) + 2 * jnp.pi * (places // 3)
        vectors = jnp.take_along_axis(vectors, order[..., None, :], -1)
        gaps = jnp.diff(angles, axis=-1) / (2 * jnp.pi)
        first = 1 - jnp.sum(gaps, -1)
        box = [first, gaps[..., 0] / (1 - first)]
        images, log_det = [], 0.0
        for i, x in enumerate(box):
            each = 3 * BINS + 1
            image, log_slope = spline(
                jnp.clip(x, 1e-6, 1 - 1e-6), parameters[..., i * each : (i + 1) * each]
            )
            images.append(image)
            log_det = log_det + log_slope
        low = images[1] * (1 - images[0])
        new_gaps = jnp.stack([low, 1 - images[0] - low], -1)
        start = -(2 * new_gaps[..., 0] + new_gaps[..., 1]) / 3
        new = jnp.stack([start, start + new_gaps[..., 0], start + jnp.sum(new_gaps, -1)], -1)
        log_det = log_det + log_measure(images, new_gaps) - log_measure(box, gaps)
        phases = jnp.exp(2j * jnp.pi * new).astype(loops.dtype)
        return (vectors * phases[..., None, :]) @ adjoint(vectors), jnp.sum(log_det)

    def log_measure(box, gaps):
        sides = jnp.stack([gaps[..., 0], gaps[..., 1], jnp.sum(gaps, -1)], -1)
        return jnp.log(1 - box[0]) + 2 * jnp.sum(jnp.log(jnp.abs(jnp.sin(jnp.pi * sides))), -1)

    def sample_loss(parameters, key):
        real, imaginary = jax.random.normal(key, (2, 2, *shape, 3, 3), jnp.float32)
        links, upper = jnp.linalg.qr(real + 1j * imaginary)
        diagonal = jnp.diagonal(upper, axis1=-2, axis2=-1)
        links = links * (diagonal / jnp.abs(diagonal))[..., None, :]
        links = links / (jnp.linalg.det(links) ** (1 / 3))[..., None, None]
        total = 0.0
        for number, weights in enumerate(parameters):
            links, log_det = layer(weights, links, number)
            total = total + log_det
        traces = jnp.trace(plaquettes_of(links), axis1=-2, axis2=-1).real
        return -beta / 3 * jnp.sum(traces) - total

    networks = random_networks(layers, 2 * (3 * BINS + 1))
    return plain_training(sample_loss, networks, batch, learning_rate)


def spline(x, parameters):
    """A rational-quadratic spline from [0, 1] to itself, and the logarithm of its slope."""

    def knots(logarithms):
        shares = SMALLEST + (1 - BINS * SMALLEST) * jax.nn.softmax(logarithms, axis=-1)
        edges = jnp.cumsum(shares, -1)
        return jnp.concatenate([jnp.zeros_like(edges[..., :1]), edges], -1)

    across, up = knots(parameters[..., :BINS]), knots(parameters[..., BINS : 2 * BINS])
    slopes = jnp.exp(parameters[..., 2 * BINS :])
    index = jnp.sum(x[..., None] >= across[..., 1:-1], -1, keepdims=True)

    def at(values, step=0):
        return jnp.take_along_axis(values, index + step, -1)[..., 0]

    width, height = at(across, 1) - at(across), at(up, 1) - at(up)
    mean, low, high = height / width, at(slopes), at(slopes, 1)
    theta = (x - at(across)) / width
    rest = theta * (1 - theta)
    denominator = mean + (low + high - 2 * mean) * rest
    value = at(up) + height * (mean * theta**2 + low * rest) / denominator
    top = mean**2 * (high * theta**2 + 2 * mean * rest + low * (1 - theta) ** 2)
    return value, jnp.log(top) - 2 * jnp.log(denominator)
