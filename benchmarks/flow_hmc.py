"""Transitions of flow HMC beside those of the classical algorithms: time per site and transition.

Prints medians of variants that ran in turn, microseconds per transition of one chain while all
advance together, and ratios to HMC: trajectories of ten leapfrog steps, flows of one pair of
couplings with a single convolution of the kernel sizes 3, 5 and 7 (untrained: the time does not
depend on the weights), Fourier-accelerated HMC, and cluster flips with a Metropolis sweep. Times
2 tau_int they are the cost of an independent sample. Example:

    python benchmarks/flow_hmc.py --extent 16 --rounds 9
"""

import argparse

import jax

from latflow.cli.process import wake_jax
from latflow.runs import build_kernel, build_model, build_theory, config_from
from sampling import compare, latflow_variant, measure_nothing

DYNAMICS = {"trajectory": 1.0, "steps": 10}
CHAINS = {
    "hmc": {"kernel": "hmc", "precision": "single", **DYNAMICS},
    "hmc, double": {"kernel": "hmc", **DYNAMICS},
    "fourier-hmc": {"kernel": "fourier-hmc", "mass2": 0.0625, "precision": "single", **DYNAMICS},
    "cluster": {"kernel": "cluster"},
}
FLOW_HMC = {"kernel": "flow-hmc", "precision": "single", **DYNAMICS}


def kernel_of(block, extent, n_chains, size=None):
    """The kernel of a ``[[chains]]`` block, with a flow of some kernel size if it needs one."""
    raw = {
        "theory": {
            "kind": "phi4",
            "convention": "hopping",
            "shape": [extent, extent],
            "beta": 0.634,
            "lam": 0.5,
        },
        "chains": [{"name": "chain", "n_chains": n_chains, **block}],
    }
    if size is not None:
        net = {"kind": "single-convolution", "kernel": size}
        couplings = {"kind": "affine-coupling", "layers": 2, "net": net}
        raw |= {"model": {"flow": [couplings, {"kind": "rescale"}]}, "training": {"steps": 1}}
    config = config_from(raw)
    return build_kernel(config, "chain", build_theory(config), build_model(config))


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extent", type=int, default=16, help="L")
    parser.add_argument("--chains", type=int, default=128, help="chains that advance together")
    parser.add_argument("--transitions", type=int, default=40, help="of one repetition")
    parser.add_argument("--rounds", type=int, default=7, help="repetitions of every variant")
    arguments = parser.parse_args()
    wake_jax()
    extent, n_chains, transitions = arguments.extent, arguments.chains, arguments.transitions

    def variant(block, size=None):
        kernel = kernel_of(block, extent, n_chains, size)
        return latflow_variant(kernel, n_chains, transitions, measure_nothing)

    variants = {name: variant(block) for name, block in CHAINS.items()}
    for size in (3, 5, 7):
        variants[f"flow-hmc, kernel {size}"] = variant(FLOW_HMC, size)
    variants["flow-hmc, kernel 3, double"] = variant(FLOW_HMC | {"precision": "double"}, 3)
    medians = compare(variants, arguments.rounds)
    print(f"{extent} x {extent}, {n_chains} chains, {len(jax.local_devices())} devices")
    for name, seconds in medians.items():
        one = seconds / transitions / n_chains
        print(
            f"  {name:28s} {one * 1e6:9.2f} us per transition, "
            f"{seconds / medians['hmc']:7.2f} times hmc"
        )


if __name__ == "__main__":
    main()
