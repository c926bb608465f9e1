"""Samplers of gauge theories: time per link, and against a plain C loop.

Prints medians of variants that ran in turn, and their ratios:

- ``hmc``: leapfrog HMC, 10 steps a trajectory, single precision, through the chain driver as a run
  uses it (keys, accept/reject and infos included); nanoseconds per link and leapfrog step;
- ``hmc + measure``: with the theory's observables after every trajectory;
- ``heat bath``: nanoseconds per link update; ``over-relaxation``: ten sweeps of it and a heat bath;
- ``C``: heat-bath sweeps of U(1) in two dimensions by a loop over links, compiled with
  ``gcc -O3 -march=native`` on the fly: Best and Fisher's rejection, xoshiro256+, double precision,
  one process for each device, all at once; if there is a compiler.

All local devices share the chains; one device per core unless XLA_FLAGS say otherwise. Example:

    python benchmarks/gauge.py --rounds 9
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={os.cpu_count()}")

import jax

from latflow.kernels import HMC, HeatBath
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains
from latflow.theories import U1Gauge

STEPS = 10
HEAT_BATH_IN_C = r"""
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t s[4] = {1, 2, 3, 0x9e3779b97f4a7c15ULL};
static inline uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
static inline double uniform(void) {
  uint64_t sum = s[0] + s[3], t = s[1] << 17;
  s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 45);
  return ((sum >> 11) + 0.5) * 0x1.0p-53;
}
static double von_mises(double kappa) {
  if (kappa < 1e-8) return M_PI * (2 * uniform() - 1);
  double tau = 1 + sqrt(1 + 4 * kappa * kappa);
  double rho = (tau - sqrt(2 * tau)) / (2 * kappa), r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    double z = cos(M_PI * uniform()), f = (1 + r * z) / (r + z), c = kappa * (r - f);
    double u = uniform();
    if (c * (2 - c) > u || log(c / u) + 1 >= c) return uniform() < 0.5 ? acos(f) : -acos(f);
  }
}
int main(int argc, char **argv) {
  int L = atoi(argv[1]), sweeps = atoi(argv[2]);
  double beta = atof(argv[3]), plaquettes = 0;
  double *u[2] = {calloc(L * L, sizeof(double)), calloc(L * L, sizeof(double))};
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int n = 0; n < sweeps; n++)
    for (int mu = 0; mu < 2; mu++)
      for (int x = 0; x < L; x++)
        for (int y = 0; y < L; y++) {
          int xp = (x + 1) % L, xm = (x + L - 1) % L, yp = (y + 1) % L, ym = (y + L - 1) % L;
          double up, down;
          if (mu == 0) {
            up = u[1][xp * L + y] - u[0][x * L + yp] - u[1][x * L + y];
            down = u[1][x * L + ym] - u[1][xp * L + ym] - u[0][x * L + ym];
          } else {
            up = u[0][x * L + yp] - u[1][xp * L + y] - u[0][x * L + y];
            down = u[0][xm * L + y] - u[0][xm * L + yp] - u[1][xm * L + y];
          }
          double re = cos(up) + cos(down), im = sin(up) + sin(down);
          double angle = von_mises(beta * sqrt(re * re + im * im)) - atan2(im, re);
          u[mu][x * L + y] = angle - 2 * M_PI * rint(angle / (2 * M_PI));
          plaquettes += mu ? cos(u[mu][x * L + y] + up) : 0;
        }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.9f %.6f\n", end.tv_sec - start.tv_sec + 1e-9 * (end.tv_nsec - start.tv_nsec),
         plaquettes / sweeps / L / L);
}
"""


def latflow_variant(kernel, n_chains, n_steps, measure):
    """A function that advances all chains by some steps of a kernel, and says how long it took."""
    states = start_chains(kernel, 1, "benchmark", n_chains)

    def seconds():
        nonlocal states
        start = time.perf_counter()
        states, segment = run_segment(
            kernel, states, 1, "benchmark", "sampling", 0, n_steps, 1, measure
        )
        jax.block_until_ready((states, segment.measurements))
        return time.perf_counter() - start

    return seconds


def c_variant(extent, sweeps, beta, folder):
    """The same for C: seconds of as many sweeps in each of as many processes as devices."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    source, program = Path(folder) / "heat_bath.c", Path(folder) / "heat_bath"
    source.write_text(HEAT_BATH_IN_C)
    options = ["-O3", "-march=native", "-o", str(program), str(source), "-lm"]
    subprocess.run([compiler, *options], check=True)
    command = [str(program), str(extent), str(sweeps), str(beta)]

    def seconds():
        processes = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            for _ in jax.local_devices()
        ]
        return max(float(process.communicate()[0].split()[0]) for process in processes)

    return seconds


def compare(variants, rounds):
    """Median seconds of each variant, run in turn after one compilation."""
    for seconds in variants.values():
        seconds()
    found = {name: [] for name in variants}
    for _ in range(rounds):
        for name, seconds in variants.items():
            found[name].append(seconds())
    return {name: statistics.median(times) for name, times in found.items()}


def measure_nothing(field):
    """No observables."""
    return {}


def benchmark_u1(extent, n_chains, rounds, links_at_once, folder):
    """Print one lattice's numbers."""
    beta = 2.0
    theory = U1Gauge(Lattice((extent, extent)), beta=beta)
    links = theory.space.n_variables * n_chains
    steps = max(4, links_at_once // links)
    hmc = HMC(theory, step_size=0.1, steps=STEPS, precision="single")
    kernels = {
        "hmc": (hmc, measure_nothing, STEPS),
        "hmc + measure": (hmc, Measurement(theory), STEPS),
        "hmc double": (HMC(theory, step_size=0.1, steps=STEPS), measure_nothing, STEPS),
        "heat bath": (HeatBath(theory, precision="single"), measure_nothing, 1),
        "heat bath double": (HeatBath(theory), measure_nothing, 1),
        "over-relaxation": (
            HeatBath(theory, over_relaxation=STEPS, precision="single"),
            measure_nothing,
            STEPS + 1,
        ),
    }
    # Nanoseconds per second of each variant, on all devices together.
    unit = {name: 1e9 / (steps * links * parts) for name, (_, _, parts) in kernels.items()}
    variants = {
        name: latflow_variant(kernel, n_chains, steps, measure)
        for name, (kernel, measure, _) in kernels.items()
    }
    sweeps = steps * n_chains // len(jax.local_devices())
    plain = c_variant(extent, sweeps, beta, folder)
    if plain is not None:
        variants["C"] = plain
        unit["C"] = 1e9 / (sweeps * len(jax.local_devices()) * theory.space.n_variables)
    medians = compare(variants, rounds)
    print(f"U(1), {extent} x {extent}, {n_chains} chains, {len(jax.local_devices())} devices")
    for name, seconds in medians.items():
        print(f"  {name:18s} {seconds * unit[name]:8.3f} ns per link and step or sweep")
    if plain is not None:
        for name in ("heat bath", "heat bath double"):
            ratio = medians[name] * unit[name] / (medians["C"] * unit["C"])
            print(f"  {name} / C {ratio:8.2f}")
    print(f"  measuring adds {100 * (medians['hmc + measure'] / medians['hmc'] - 1):.0f} %")


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="repetitions of every variant")
    parser.add_argument(
        "--links", type=int, default=2**21, help="links times steps of one repetition"
    )
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    with tempfile.TemporaryDirectory() as folder:
        for extent, n_chains in ((16, 128), (64, 16)):
            benchmark_u1(extent, n_chains, arguments.rounds, arguments.links, folder)


if __name__ == "__main__":
    main()
