"""Whole training steps of continuous flows: latflow against bijx's ``ConvVF``, in turn.

Both integrate a shallow equivariant vector field with a kernel on the whole lattice by 20 classical
Runge-Kutta steps in single precision, weigh 64 draws for phi^4 on 8 x 8 and follow the gradient of
the reverse divergence with Adam. bijx (MIT, ``pip install bijx``) as its documentation builds it:
49 sines and the field, 20 of each after the bonds, gradients by the adjoint equation. latflow with
its defaults, with as many features as bijx, and with the path gradient, of which bijx has no
counterpart here.

Prints CPU seconds of a step (all threads) and of wall clock, medians of rounds in turn in one
process, and how far the integrated log-determinant of each is from that of the Jacobian of the same
discrete map, for random parameters that move the field by about the same. Example:

    python benchmarks/continuous_flow.py --rounds 5
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from latflow.fields import RealScalar
from latflow.flows import ContinuousSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import IndependentNormal
from latflow.theories import Phi4
from latflow.training import Trainer, TrainingSettings

RATE = 1e-4
BIJX_NOISE = 0.5
"""On its parameters, where the accuracy is judged: fields then move as far as those of latflow."""


def latflow_variant(lattice, batch, steps, objective, **sizes):
    """One training step as a function, and the map of one field at random parameters."""
    theory = Phi4.aks(lattice, m2=-4.0, lam=6.008)
    space = RealScalar(lattice)
    flow = ContinuousSettings(steps=steps, **sizes).build(space, jax.random.key(0))
    settings = TrainingSettings(
        steps=10**6,
        batch=batch,
        micro_batch=batch,
        objective=objective,
        learning_rate=RATE,
        schedule="constant",
    )
    trainer = Trainer(settings, theory, seed=1)
    state = trainer.init(Model(IndependentNormal(space), flow))

    def advance():
        nonlocal state
        state, metrics = trainer.advance(state, 1)
        return metrics["loss"]

    moved = _with_noise(flow, 0.1)
    return advance, lambda z: moved.forward(z)


def _with_noise(tree, scale):
    parameters, rest = eqx.partition(tree, eqx.is_inexact_array)
    random = np.random.default_rng(0)
    noisy = jax.tree.map(
        lambda leaf: leaf + jnp.asarray(scale * random.normal(size=leaf.shape), leaf.dtype),
        parameters,
    )
    return eqx.combine(noisy, rest)


def _in_single_precision(function):
    """With x64 off: bijx cannot mix its times in double precision with fields in single."""

    def inside(*arguments):
        with jax.enable_x64(False):
            return function(*arguments)

    return inside


@_in_single_precision
def bijx_variant(lattice, batch, steps):
    """The same with bijx."""
    import bijx
    from flax import nnx

    extent = lattice.shape[0] - 1 + lattice.shape[0] % 2
    field = bijx.ConvVF.build(kernel_shape=(extent, extent), rngs=nnx.Rngs(0))
    graph, parameters, rest = nnx.split(field, nnx.Param, ...)
    parameters = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), parameters)
    rest = jax.tree.map(
        lambda leaf: leaf.astype(jnp.float32) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf,
        rest,
    )

    def action(x):
        links = sum(x * jnp.roll(x, -1, axis) for axis in range(lattice.ndim))
        return jnp.sum(-2.0 * links + (2.0 * lattice.ndim - 4.0) * x**2 + 6.008 * x**4)

    def solved(parameters, z, density):
        flow = bijx.ContFlowRK4(nnx.merge(graph, parameters, rest), steps=steps)
        return flow.forward(z, density)

    def loss(parameters, key):
        z = jax.random.normal(key, (batch, *lattice.shape), jnp.float32)
        start = -0.5 * jnp.sum(z**2, axis=(1, 2))
        x, density = solved(parameters, z, start)
        return jnp.mean(density + jax.vmap(action)(x))

    optimiser = optax.adam(RATE)

    @jax.jit
    def step(parameters, state, key):
        value, gradient = jax.value_and_grad(loss)(parameters, key)
        updates, state = optimiser.update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state, value

    state = (parameters, optimiser.init(parameters))
    counter = 0

    @_in_single_precision
    def advance():
        nonlocal state, counter
        counter += 1
        *state, value = step(*state, jax.random.fold_in(jax.random.key(1), counter))
        return jax.block_until_ready(value)

    random = np.random.default_rng(0)
    moved = jax.tree.map(
        lambda leaf: leaf + jnp.asarray(BIJX_NOISE * random.normal(size=leaf.shape), leaf.dtype),
        parameters,
    )

    def forward(z):
        x, density = solved(moved, z[None], jnp.zeros((1,), jnp.float32))
        return x[0], -density[0]

    return advance, forward


def error_of_density(forward, lattice):
    """Mean |integrated - of the Jacobian| of the log-determinant, and how far fields move."""
    errors, moves = [], []
    transform = jax.jit(forward)
    jacobian = jax.jit(jax.jacrev(lambda z: forward(z)[0]))
    for seed in range(4):
        z = jax.random.normal(jax.random.key(seed), lattice.shape, jnp.float32)
        x, log_det = transform(z)
        matrix = np.asarray(jacobian(z), np.float64).reshape(lattice.volume, -1)
        errors.append(abs(float(log_det) - np.linalg.slogdet(matrix)[1]))
        moves.append(float(jnp.abs(x - z).max()))
    return statistics.mean(errors), statistics.mean(moves)


def main():
    """Time all variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extent", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20, help="Runge-Kutta steps")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    lattice = Lattice((arguments.extent,) * 2)
    sizes = (lattice, arguments.batch, arguments.steps)
    variants = {
        "latflow, reverse KL": latflow_variant(*sizes, "reverse-kl"),
        "latflow, path gradient": latflow_variant(*sizes, "path-gradient"),
        "latflow, same sizes": latflow_variant(
            *sizes, "reverse-kl", channels=20, harmonics=49, times=21
        ),
        "bijx ConvVF": bijx_variant(*sizes),
    }
    in_turn = {name: advance for name, (advance, _) in variants.items()}
    for advance in in_turn.values():
        advance()
    times = {name: [] for name in variants}
    for _ in range(arguments.rounds):
        for name, advance in in_turn.items():
            wall, cpu = time.perf_counter(), time.process_time()
            advance()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    print(
        f"{arguments.extent}^2 x {arguments.batch}, {arguments.steps} steps, jax {jax.__version__}"
    )
    yardstick = statistics.median(cpu for _, cpu in times["bijx ConvVF"])
    print(
        f"{'':24s} {'CPU ms':>9s} {'wall ms':>9s} {'ratio (CPU)':>12s} {'error':>9s} {'moved':>7s}"
    )
    for name, (_, forward) in variants.items():
        walls, cpus = zip(*times[name], strict=True)
        cpu, wall = statistics.median(cpus), statistics.median(walls)
        judge = (
            _in_single_precision(error_of_density) if name == "bijx ConvVF" else error_of_density
        )
        error, moved = judge(forward, lattice)
        print(
            f"{name:24s} {1e3 * cpu:9.1f} {1e3 * wall:9.1f} {yardstick / cpu:12.1f} {error:9.1e}"
            f" {moved:7.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
