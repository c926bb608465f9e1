"""HMC, heat bath and over-relaxation of SU(3) in four dimensions: time per link.

Prints medians of variants that ran in turn, through the chain driver as a run uses it, in single
precision: HMC in nanoseconds per link and leapfrog step, sweeps in nanoseconds per link. All local
devices share the chains; one device per core unless XLA_FLAGS say otherwise. Example:

    python benchmarks/gauge_su3.py --extent 8 --chains 4
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={os.cpu_count()}")

import jax
import jax.numpy as jnp

from latflow.kernels import HMC, HeatBath
from latflow.lattice import Lattice
from latflow.sampling import run_segment, start_chains
from latflow.theories import SUGauge

STEPS = 10


def measure_nothing(field):
    """No observables."""
    return {}


def variant(kernel, n_chains):
    """A function that advances all chains by two steps of a kernel."""
    states = start_chains(kernel, 1, "benchmark", n_chains, "cold", jnp.float32)
    segments = iter(range(0, 10**9, 2))

    def advance():
        nonlocal states
        states, segment = run_segment(
            kernel, states, 1, "benchmark", "sampling", next(segments), 2, 1, measure_nothing
        )
        jax.block_until_ready((states, segment.infos))

    return advance


def main():
    """Read the command line, and run all variants in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extent", type=int, default=8, help="of all four axes, even")
    parser.add_argument("--chains", type=int, default=4, help="chains over all devices")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of every variant")
    parser.add_argument(
        "--kernels", default="hmc,heat-bath,over-relaxation", help="which, with commas between"
    )
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    theory = SUGauge(Lattice((arguments.extent,) * 4), n=3, beta=6.0)
    kernels = {
        "hmc": HMC(theory, step_size=0.05, steps=STEPS, precision="single"),
        "heat-bath": HeatBath(theory, precision="single"),
        "over-relaxation": HeatBath(theory, over_relaxation=4, precision="single"),
    }
    variants, seconds = {}, {}
    for name in arguments.kernels.split(","):
        start = time.perf_counter()
        variants[name] = variant(kernels[name], arguments.chains)
        variants[name]()
        print(f"{name}: first call, with compilation, {time.perf_counter() - start:.1f} s")
        variants[name]()
        seconds[name] = []
    for _ in range(arguments.rounds):
        for name, advance in variants.items():
            start = time.perf_counter()
            advance()
            seconds[name].append(time.perf_counter() - start)
    links = 4 * theory.space.lattice.volume * arguments.chains
    print(f"{arguments.extent}^4, {arguments.chains} chains, {len(jax.local_devices())} devices")
    for name, each in seconds.items():
        nanoseconds = statistics.median(each) / 2 / links * 1e9
        if name == "hmc":
            print(f"  hmc              {nanoseconds / STEPS:9.1f} ns per link and leapfrog step")
        else:
            print(f"  {name:16s} {nanoseconds:9.1f} ns per link and step of the kernel")


if __name__ == "__main__":
    main()
