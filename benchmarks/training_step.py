"""Whole training steps (forward, backward, update) of affine flows: latflow against plain JAX.

Prints milliseconds per step and nanoseconds per site, layer and step for four couplings with two
hidden layers of 16 channels and 3 x 3 kernels, trained in single precision for phi^4 theory with
the reverse Kullback-Leibler divergence and Adam:

- ``packed``: latflow's default network, whose hidden channels live on the active sites only;
- ``full``: latflow's network on the full lattice, the usual masked convolutions;
- ``plain``: the same masked network, and all of its training step, in plain JAX (one jitted
  function of a vmapped sample with XLA's convolutions), all cores to itself: the yardstick.

Variants run in turn in one process; medians and ratios come from one run. latflow spreads the
batch over one device for each core. Example:

    python benchmarks/training_step.py --shape 16 16 --batch 256
"""

import argparse
import os
import statistics
import time

os.environ.setdefault(
    "XLA_FLAGS", f"--xla_force_host_platform_device_count={len(os.sched_getaffinity(0))}"
)

import jax
import jax.numpy as jnp
from _steps import latflow_training, plain_training

from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import IndependentNormal
from latflow.theories import Phi4

LAYERS = 4
CHANNELS = 16
BETA, LAM = 0.576, 0.5
LEARNING_RATE = 1e-3


def latflow_variant(lattice, batch, micro_batch, net, equivariance):
    """A function that does one of latflow's training steps on all devices."""
    flow = AffineCouplingSettings.model_validate(
        {
            "layers": LAYERS,
            "equivariance": equivariance,
            "net": {"kind": net, "hidden": (CHANNELS, CHANNELS), "kernel": 3},
        }
    ).build(RealScalar(lattice), jax.random.key(0))
    theory = Phi4.hopping(lattice, beta=BETA, lam=LAM)
    model = Model(IndependentNormal(RealScalar(lattice)), flow)
    return latflow_training(theory, model, batch, micro_batch, LEARNING_RATE)


def masked_convolutions(lattice):
    """Parameters and forward pass of the usual masked network, with XLA's convolution."""
    mask = jnp.asarray(lattice.parity)
    widths = (1, CHANNELS, CHANNELS, 2)
    keys = jax.random.split(jax.random.key(0), LAYERS * 3).reshape(LAYERS, 3)
    parameters = [
        [
            (
                0.1 * jax.random.normal(keys[layer, k], (3, 3, *widths[k : k + 2]), jnp.float32),
                jnp.zeros(widths[k + 1], jnp.float32),
            )
            for k in range(3)
        ]
        for layer in range(LAYERS)
    ]

    def forward(parameters, field):
        total = 0.0
        for layer, weights in enumerate(parameters):
            active = mask if layer % 2 == 0 else ~mask
            hidden = jnp.where(active, 0, field)[None, :, :, None]
            for k, (kernel, bias) in enumerate(weights):
                padded = jnp.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
                hidden = bias + jax.lax.conv_general_dilated(
                    padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                hidden = jnp.tanh(hidden) if k < 2 else hidden
            scale = jnp.where(active, hidden[0, ..., 0], 0)
            shift = jnp.where(active, hidden[0, ..., 1], 0)
            field = field * jnp.exp(scale) + shift
            total = total + scale.sum()
        return field, total

    return parameters, forward


def plain_variant(lattice, batch):
    """A function that does one training step written in plain JAX, on one device."""
    parameters, forward = masked_convolutions(lattice)

    def sample_loss(parameters, key):
        latent = jax.random.normal(key, lattice.shape, jnp.float32)
        field, log_det = forward(parameters, latent)
        links = sum(field * jnp.roll(field, -1, axis) for axis in range(lattice.ndim))
        action = jnp.sum(-BETA * links + (1 - 2 * LAM) * field**2 + LAM * field**4)
        return action - log_det - 0.5 * jnp.sum(latent**2)

    return plain_training(sample_loss, parameters, batch, LEARNING_RATE)


def main():
    """Time all variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs="+", default=(16, 16))
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, nargs="+", default=[64])
    parser.add_argument("--equivariance", choices=("none", "z2"), default="none")
    parser.add_argument("--variants", nargs="+", default=["packed", "full", "plain"])
    parser.add_argument("--steps", type=int, default=5, help="steps between two looks at the clock")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)

    lattice, batch = Lattice(tuple(arguments.shape)), arguments.batch
    nets = {"packed": "convolution", "full": "full-convolution"}
    variants = {}
    for name in arguments.variants:
        if name == "plain":
            variants[name] = plain_variant(lattice, batch)
            continue
        for micro_batch in arguments.micro_batch:
            variants[f"{name}, micro-batch {micro_batch}"] = latflow_variant(
                lattice, batch, micro_batch, nets[name], arguments.equivariance
            )
    # A step that is handed its own result is compiled once more.
    for advance in variants.values():
        for _ in range(2):
            advance(arguments.steps)
    times = {name: [] for name in variants}
    for _ in range(arguments.rounds):
        for name, advance in variants.items():
            start = time.perf_counter()
            advance(arguments.steps)
            times[name].append((time.perf_counter() - start) / arguments.steps)
    per_site = 1e9 / batch / lattice.volume / LAYERS
    yardstick = statistics.median(times[list(variants)[-1]])
    shape = "x".join(map(str, lattice.shape))
    print(f"{shape} x {batch}, {jax.local_device_count()} devices, jax {jax.__version__}")
    print(f"{'':24s} {'ms per step':>12s} {'ns per site, layer and step':>30s} {'speed-up':>9s}")
    for name, values in times.items():
        median, best = statistics.median(values), min(values)
        ns = f"{per_site * median:.1f} (best {per_site * best:.1f})"
        print(f"{name:24s} {1e3 * median:12.2f} {ns:>30s} {yardstick / median:9.2f}")


if __name__ == "__main__":
    main()
