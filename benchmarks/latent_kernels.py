"""Autocorrelation of the kernels in latent variables against the volume, at a fixed architecture.

Takes the trained model of a run, moves it to larger lattices as it is, and measures tau_int of M,
M^2 and the action in passes through the flow: a proposal of independence Metropolis, of
crank-nicolson or of one block is one pass; a trajectory of rotation-hmc counts its forces (twice
a pass each, forward and back) and the pass of its energy. Prints sigma^2 = Var log w of 2048 draws
of the model, acceptances, taus with their errors, and how tau of M^2 grows with V. Example:

    latflow train psd-8x8 --out runs/psd8
    python benchmarks/latent_kernels.py runs/psd8 --extents 8 16 32 64
"""

import argparse

import jax
import numpy as np

from latflow.analysis import gamma_method
from latflow.cli.process import wake_jax
from latflow.lattice import Lattice, on_lattice
from latflow.runs import RunFolder, resolve, trained_model
from latflow.sampling import (
    BlockUpdatingSettings,
    CrankNicolsonSettings,
    IndependenceSettings,
    RotationHMCSettings,
    run_segment,
    start_chains,
    warm_up,
)

KERNELS = {
    "independence": (IndependenceSettings(), lambda settings: 1),
    "block-updating": (BlockUpdatingSettings(blocks=16), lambda settings: settings.blocks),
    "crank-nicolson": (CrankNicolsonSettings(), lambda settings: 1),
    "rotation-hmc": (RotationHMCSettings(steps=4), lambda settings: 2 * (settings.steps + 1) + 1),
}


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a run with a trained model")
    parser.add_argument("--extents", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--kernels", nargs="+", default=list(KERNELS), choices=list(KERNELS))
    parser.add_argument("--steps", type=int, default=4, help="of a trajectory of rotation-hmc")
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--passes", type=int, default=20000, help="through the flow, of a chain")
    arguments = parser.parse_args()
    wake_jax()
    resolved = resolve(RunFolder(arguments.run))
    model = trained_model(resolved).cast("double")
    taus = {}
    for extent in arguments.extents:
        lattice = Lattice((extent,) * resolved.theory.space.lattice.ndim)
        theory, moved = on_lattice(resolved.theory, lattice), model.moved_to(lattice)
        print(f"L = {extent}: Var log w = {variance(theory, moved):.3f}", flush=True)
        for name in arguments.kernels:
            settings, passes_of = KERNELS[name]
            if name == "rotation-hmc":
                settings = RotationHMCSettings(steps=arguments.steps)
            passes = passes_of(settings)
            kernel = settings.build_kernel(theory, moved, arguments.chains)
            acceptance, results = measure(kernel, arguments.chains, arguments.passes // passes)
            line = ", ".join(
                f"{of} {passes * r.tau_int:.1f}({passes * r.tau_int_error:.1f})"
                for of, r in results.items()
            )
            print(f"  {name:15s} acceptance {acceptance:.3f}; tau in passes: {line}", flush=True)
            tau = results["M^2"]
            taus.setdefault(name, []).append((lattice.volume, tau.tau_int, tau.tau_int_error))
    for name, points in taus.items():
        if len(points) > 2:
            print(f"{name:15s} {growth(points)}")


def variance(theory, model):
    """Of log w over draws of the model."""
    keys = jax.random.split(jax.random.key(7), 2048)
    weights = jax.jit(
        lambda keys: jax.lax.map(lambda key: model.propose(theory, key)[1], keys, batch_size=64)
    )(keys)
    return float(np.var(np.asarray(weights)))


def measure(kernel, n_chains, n_samples):
    """Mean acceptance and the Gamma method's results for M, M^2 and S."""
    theory = kernel.theory
    states = start_chains(kernel, 1, "benchmark", n_chains, "prior")
    kernel, states = warm_up(kernel, states, 1, "benchmark", 200)

    def observables(field):
        m = field.mean()
        return {"M": m, "M^2": m * m, "S": theory.action(field)}

    _, segment = run_segment(
        kernel, states, 1, "benchmark", "sampling", 0, n_samples, 1, observables
    )
    results = {name: gamma_method(np.asarray(x)) for name, x in segment.measurements.items()}
    return float(np.mean(segment.infos["acceptance"])), results


def growth(points):
    """The exponent of tau in V, by a weighted straight line through the logarithms."""
    volume, tau, error = (np.array(column) for column in zip(*points, strict=True))
    if not (np.isfinite(tau).all() and np.isfinite(error).all()):
        return "tau is not known on every lattice"
    line, covariance = np.polyfit(np.log(volume), np.log(tau), 1, w=tau / error, cov="unscaled")
    return f"tau of M^2 grows as V^{line[0]:.2f}({covariance[0, 0] ** 0.5:.2f})"


if __name__ == "__main__":
    main()
