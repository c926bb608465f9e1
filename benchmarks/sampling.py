"""Samplers of phi^4: time per site, against BlackJAX, and what measuring adds.

Prints medians of variants that ran in turn, and their ratios:

- ``hmc``: latflow's leapfrog HMC, 10 steps a trajectory, single precision, through the chain
  driver as a run uses it (keys, accept/reject and infos included); nanoseconds per site and
  leapfrog step;
- ``blackjax``: the same trajectories by BlackJAX's HMC, if it is installed;
- ``hmc + measure``: with the standard observables after every trajectory;
- ``metropolis``: nanoseconds per site update; ``cluster``, ``hmc double``: for orientation.

All local devices share the chains; one device per core unless XLA_FLAGS say otherwise. Example:

    python benchmarks/sampling.py --rounds 9
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={os.cpu_count()}")

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as Spec

from latflow.kernels import HMC, ClusterFlips, Metropolis
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains
from latflow.theories import Phi4

STEPS = 10


def latflow_variant(kernel, n_chains, trajectories, measure):
    """A function that advances all chains by some steps of a kernel."""
    states = start_chains(kernel, 1, "benchmark", n_chains)

    def advance():
        nonlocal states
        states, segment = run_segment(
            kernel, states, 1, "benchmark", "sampling", 0, trajectories, 1, measure
        )
        jax.block_until_ready((states, segment.measurements))

    return advance


def blackjax_variant(theory, n_chains, trajectories, step_size):
    """The same with BlackJAX, its chains shared by the devices too; ``None`` without it."""
    try:
        import blackjax
    except ImportError:
        return None

    lattice = theory.space.lattice

    def log_density(field):
        neighbours = sum(jnp.roll(field, -1, axis) for axis in range(lattice.ndim))
        square = field * field
        return -jnp.sum(square * (theory.a + theory.g * square) - theory.h * field * neighbours)

    def flat_density(position):
        return log_density(position.reshape(lattice.shape))

    algorithm = blackjax.hmc(flat_density, step_size, jnp.ones(lattice.volume, jnp.float32), STEPS)

    def chain(key, state):
        def trajectory(state, key):
            state, info = algorithm.step(key, state)
            return state, info.acceptance_rate

        return jax.lax.scan(trajectory, state, jax.random.split(key, trajectories))

    devices = jax.local_devices()
    mesh = Mesh(np.array(devices), ("chains",))
    split = Spec("chains")
    run = jax.jit(
        jax.shard_map(
            jax.vmap(chain), mesh=mesh, in_specs=(split, split), out_specs=split, check_vma=False
        )
    )
    keys = jax.random.split(jax.random.key(0), n_chains)
    positions = jax.random.normal(jax.random.key(1), (n_chains, lattice.volume), jnp.float32)
    states = jax.jit(jax.vmap(algorithm.init))(positions)

    def advance():
        nonlocal states
        states, acceptance = run(keys, states)
        jax.block_until_ready((states, acceptance))

    return advance


def measure_nothing(field):
    """No observables."""
    return {}


def compare(variants, rounds):
    """Median seconds of each variant, run in turn after one compilation."""
    for advance in variants.values():
        advance()
        advance()
    seconds = {name: [] for name in variants}
    for _ in range(rounds):
        for name, advance in variants.items():
            start = time.perf_counter()
            advance()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def benchmark(extent, n_chains, rounds, sites_at_once):
    """Print one lattice's numbers."""
    theory = Phi4.hopping(Lattice((extent, extent)), beta=0.634, lam=0.5)
    sites = extent * extent * n_chains
    trajectories = max(4, sites_at_once // sites)
    step_size = 0.1 if extent <= 16 else 0.05
    hmc = HMC(theory, step_size=step_size, steps=STEPS, precision="single")
    measure = Measurement(theory)
    variants = {
        "hmc": latflow_variant(hmc, n_chains, trajectories, measure_nothing),
        "blackjax": blackjax_variant(theory, n_chains, trajectories, step_size),
        "hmc + measure": latflow_variant(hmc, n_chains, trajectories, measure),
        "hmc double": latflow_variant(
            HMC(theory, step_size=step_size, steps=STEPS), n_chains, trajectories, measure_nothing
        ),
        "metropolis": latflow_variant(
            Metropolis(theory, width=1.5, precision="single"),
            n_chains,
            trajectories,
            measure_nothing,
        ),
        "metropolis double": latflow_variant(
            Metropolis(theory, width=1.5), n_chains, trajectories, measure_nothing
        ),
        "cluster": latflow_variant(ClusterFlips(theory), n_chains, trajectories, measure_nothing),
    }
    variants = {name: advance for name, advance in variants.items() if advance is not None}
    medians = compare(variants, rounds)
    print(f"{extent} x {extent}, {n_chains} chains, {len(jax.local_devices())} devices")
    for name, seconds in medians.items():
        steps = STEPS if "hmc" in name or name == "blackjax" else 1
        unit = "site and leapfrog step" if steps > 1 else "site and step"
        print(f"  {name:18s} {seconds / trajectories / sites / steps * 1e9:8.3f} ns per {unit}")
    if "blackjax" in medians:
        print(f"  blackjax / hmc      {medians['blackjax'] / medians['hmc']:7.2f}")
    print(f"  measuring adds      {100 * (medians['hmc + measure'] / medians['hmc'] - 1):6.1f} %")


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="repetitions of every variant")
    parser.add_argument(
        "--sites", type=int, default=2**21, help="sites times trajectories of one repetition"
    )
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    for extent, n_chains in ((16, 128), (64, 16)):
        benchmark(extent, n_chains, arguments.rounds, arguments.sites)


if __name__ == "__main__":
    main()
