"""Whole training steps of flows of links: latflow against plain JAX.

Prints milliseconds per step and nanoseconds per link, layer and step for U(1) gauge theory in two
dimensions, couplings with two hidden layers of 8 channels and 3 x 3 kernels, trained in single
precision with the reverse Kullback-Leibler divergence and Adam:

- ``link-coupling``: latflow's couplings; a layer changes a quarter of the links, its network works
  on sublattices, and its maps of plaquettes are circular splines;
- ``plain``: the architecture of the public tutorial of Albergo et al. (arXiv:2101.08176), and all
  of its training step, in plain JAX (one jitted function of a vmapped sample with XLA's
  convolutions on the full lattice): stripes of active plaquettes, an eighth of the links in a
  layer, mixtures of two tangent maps and a shift;
- ``plaquette-spectral``: latflow's flow of SU(3) plaquettes by their spectra, at ``--su-shape``.

Variants run in turn in one process; medians and ratios of processor time come from one run.

    python benchmarks/link_flow.py --shape 16 16 --batch 256
"""

import argparse
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
# ruff: noqa: E402

from _steps import latflow_training, plain_training

from latflow.flows.gauge import LinkCouplingSettings, PlaquetteSpectralSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import Uniform
from latflow.theories import SUGauge, U1Gauge

CHANNELS = 8
COMPONENTS = 2
BETA, BETA_SU3 = 2.0, 5.0
LEARNING_RATE = 1e-3


def stripes(shape, axis, offset):
    """Plaquettes at offset, and those one behind, across the axis, every fourth."""
    position = np.indices(shape)[1 - axis] % 4
    return jnp.asarray(position == offset % 4), jnp.asarray(position == (offset - 1) % 4)


def plaquettes_of(links):
    return (
        links[0] + jnp.roll(links[1], -1, 0) - jnp.roll(links[0], -1, 1) - links[1]
    )  # fmt: skip


def wrapped(angle):
    return jnp.mod(angle + jnp.pi, 2 * jnp.pi) - jnp.pi


def plain_variant(shape, layers, batch):
    """A function that does one training step written in plain JAX."""
    widths = (2, CHANNELS, CHANNELS, COMPONENTS + 1)
    keys = jax.random.split(jax.random.key(0), layers * 3).reshape(layers, 3)
    parameters = [
        [
            (
                0.1 * jax.random.normal(keys[layer, k], (3, 3, *widths[k : k + 2]), jnp.float32),
                jnp.zeros(widths[k + 1], jnp.float32),
            )
            for k in range(3)
        ]
        for layer in range(layers)
    ]

    def network(weights, frozen_angles, frozen):
        pair = jnp.stack([jnp.cos(frozen_angles), jnp.sin(frozen_angles)], -1)
        hidden = jnp.where(frozen[..., None], pair, 0)[None]
        for k, (kernel, bias) in enumerate(weights):
            padded = jnp.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
            hidden = bias + jax.lax.conv_general_dilated(
                padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            hidden = jax.nn.leaky_relu(hidden) if k < 2 else hidden
        return hidden[0]

    def layer(weights, links, number):
        axis, offset = number % 2, (number // 2) % 4
        active, passive = stripes(shape, axis, offset)
        angles = plaquettes_of(links)
        out = network(weights, angles, ~(active | passive))
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
        return -BETA * jnp.sum(jnp.cos(plaquettes_of(links))) - total

    return plain_training(sample_loss, parameters, batch, LEARNING_RATE)


def main():
    """Time all variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=2, default=(16, 16))
    parser.add_argument("--su-shape", type=int, nargs=2, default=(16, 16))
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--su-batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=3, help="steps between two looks at the clock")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    lattice, su_lattice = Lattice(tuple(options.shape)), Lattice(tuple(options.su_shape))
    abelian = U1Gauge(lattice, beta=BETA)
    coupling = LinkCouplingSettings.model_validate(
        {"layers": options.layers, "equivariance": "none", "net": {"hidden": (CHANNELS, CHANNELS)}}
    )
    su3 = SUGauge(su_lattice, n=3, beta=BETA_SU3)
    spectral, key = PlaquetteSpectralSettings(), jax.random.key(0)
    variants = {
        "link-coupling": (
            latflow_training(
                abelian,
                Model(Uniform(abelian.space), coupling.build(abelian.space, key)),
                options.batch,
                options.micro_batch,
                LEARNING_RATE,
            ),
            options.batch * options.layers * 2 * lattice.volume,
        ),
        "plain": (
            plain_variant(lattice.shape, options.layers, options.batch),
            options.batch * options.layers * 2 * lattice.volume,
        ),
        "plaquette-spectral": (
            latflow_training(
                su3,
                Model(Uniform(su3.space), spectral.build(su3.space, key)),
                options.su_batch,
                options.su_batch,
                LEARNING_RATE,
            ),
            options.su_batch * 2 * su_lattice.volume,
        ),
    }
    # A step that is handed its own result is compiled once more.
    for advance, _ in variants.values():
        for _ in range(2):
            advance(options.steps)
    times = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, (advance, _) in variants.items():
            start = time.process_time()
            advance(options.steps)
            times[name].append((time.process_time() - start) / options.steps)
    plain = statistics.median(times["plain"])
    print(
        f"{'':20s} {'CPU ms per step':>16s} {'ns per link, layer and step':>29s} {'speed-up':>9s}"
    )
    for name, values in times.items():
        median = statistics.median(values)
        ratio = f"{plain / median:9.2f}" if name == "link-coupling" else ""
        print(f"{name:20s} {1e3 * median:16.2f} {1e9 * median / variants[name][1]:29.1f} {ratio}")


if __name__ == "__main__":
    main()
