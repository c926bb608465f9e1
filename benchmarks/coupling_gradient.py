"""Forward and backward pass of affine couplings: latflow's against plain JAX.

Prints nanoseconds per site, layer and pass for the gradient of four couplings with two hidden
layers of 16 channels and 3 x 3 kernels in single precision:

- ``latflow``: convolutions on one sublattice by hand-made primitives;
- ``gather``: the same network with ``jnp.take`` and a matrix product, left to ``vmap``;
- ``convolution``: the usual network on the full lattice, masked, with XLA's convolution.

Variants run in turn; medians and ratios come from one run. Example:

    python benchmarks/coupling_gradient.py --shape 16 16 --batch 256
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=1")

import equinox as eqx
import jax
import jax.numpy as jnp

from latflow.flows import AffineCouplingSettings, Checkerboard
from latflow.lattice import Lattice

LAYERS = 4
CHANNELS = 16


def latflow_variant(lattice):
    """The gradient through latflow's couplings."""
    flow = AffineCouplingSettings.model_validate({"layers": LAYERS}).build(
        lattice, jax.random.key(0)
    )
    parameters, static = eqx.partition(flow, eqx.is_inexact_array)

    def forward(parameters, field):
        return eqx.combine(parameters, static).forward(field)

    return parameters, forward


def gather_variant(lattice):
    """The same network written with ``jnp.take``."""
    boards = [Checkerboard(lattice, layer % 2 == 0) for layer in range(LAYERS)]
    flow = AffineCouplingSettings.model_validate({"layers": LAYERS}).build(
        lattice, jax.random.key(0)
    )
    parameters = [(*c.net.weights, c.net.scale_head, c.net.shift_head) for c in flow.flows]

    def convolve(weights, channels, table):
        patches = jnp.take(channels, jnp.asarray(table.columns), axis=1)
        return jnp.einsum("koi,isk->os", weights, patches)

    def forward(parameters, field):
        flat, total = field.reshape(-1), 0.0
        for board, (first, second, scale_head, shift_head) in zip(boards, parameters, strict=True):
            active, frozen = jnp.asarray(board.active_sites), jnp.asarray(board.frozen_sites)
            far, near = board.neighbourhood(1, True), board.neighbourhood(1, False)
            hidden = jnp.tanh(convolve(first, flat[frozen][None], far))
            hidden = jnp.tanh(convolve(second, hidden, near))
            scale = convolve(scale_head, hidden * hidden, near)[0]
            shift = convolve(shift_head, hidden, near)[0]
            flat = flat.at[active].set(flat[active] * jnp.exp(scale) + shift)
            total = total + scale.sum()
        return flat, total

    return parameters, forward


def convolution_variant(lattice):
    """The usual masked network on the full lattice with XLA's convolution."""
    mask = jnp.asarray(lattice.parity)
    widths = (1, CHANNELS, CHANNELS, 2)
    keys = jax.random.split(jax.random.key(0), LAYERS * 3).reshape(LAYERS, 3)
    parameters = [
        [
            0.1 * jax.random.normal(keys[layer, k], (3, 3, widths[k], widths[k + 1]), jnp.float32)
            for k in range(3)
        ]
        for layer in range(LAYERS)
    ]

    def forward(parameters, field):
        total = 0.0
        for layer, weights in enumerate(parameters):
            active = mask if layer % 2 == 0 else ~mask
            hidden = jnp.where(active, 0, field)[None, :, :, None]
            for k, kernel in enumerate(weights):
                padded = jnp.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
                hidden = jax.lax.conv_general_dilated(
                    padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                hidden = jnp.tanh(hidden) if k < 2 else hidden
            scale = jnp.where(active, hidden[0, ..., 0], 0)
            shift = jnp.where(active, hidden[0, ..., 1], 0)
            field = field * jnp.exp(scale) + shift
            total = total + scale.sum()
        return field, total

    return parameters, forward


def gradient_of(forward, micro_batch):
    """Gradient of a toy loss over a batch, micro-batch by micro-batch."""

    def loss(parameters, fields):
        images, log_dets = jax.vmap(lambda field: forward(parameters, field))(fields)
        return jnp.sum(images**2) - jnp.sum(log_dets).astype(jnp.float32)

    def total(parameters, fields):
        parts = fields.reshape(-1, micro_batch, *fields.shape[1:])
        gradients = jax.lax.map(lambda part: jax.grad(loss)(parameters, part), parts)
        return jax.tree.map(lambda leaf: leaf.sum(axis=0), gradients)

    return jax.jit(total)


def main():
    """Time all variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=2, default=(16, 16))
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)

    lattice = Lattice(tuple(arguments.shape))
    fields = jax.random.normal(jax.random.key(1), (arguments.batch, *lattice.shape), jnp.float32)
    variants = {}
    for name, make in (
        ("latflow", latflow_variant),
        ("gather", gather_variant),
        ("convolution", convolution_variant),
    ):
        parameters, forward = make(lattice)
        function = gradient_of(forward, arguments.micro_batch)
        jax.block_until_ready(function(parameters, fields))
        variants[name] = (function, parameters)
    times = {name: [] for name in variants}
    for _ in range(arguments.rounds):
        for name, (function, parameters) in variants.items():
            start = time.perf_counter()
            jax.block_until_ready(function(parameters, fields))
            times[name].append(time.perf_counter() - start)
    best = statistics.median(times["latflow"])
    for name, values in times.items():
        median = statistics.median(values)
        per_site = median / arguments.batch / lattice.volume / LAYERS * 1e9
        print(f"{name:12s} {per_site:8.1f} ns/(site layer)   {median / best:5.2f} x latflow")


if __name__ == "__main__":
    main()
