"""How much an independent topological charge costs: HMC, jumps, ladders of defects and couplings.

    python benchmarks/topology.py u1 --beta 7 --shape 16 16
    python benchmarks/topology.py u1 --beta 7 --shape 16 16 --only switching --stops 5 10 20
    python benchmarks/topology.py cpn --beta 1.0 --components 2 --shape 16 16

Every kernel runs the same number of chains from hot starts. Printed are the integrated
autocorrelation time of Q^2 in samples, the CPU seconds (all cores) of a sample of one chain, all
replicas included, and their product, the CPU seconds of an independent Q^2.
"""

import argparse
import json
import time

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
# ruff: noqa: E402

from latflow.analysis import gamma_method, log_z_along
from latflow.kernels import HeatBathSettings, HMCSettings, InstantonSettings
from latflow.lattice import Lattice
from latflow.sampling import (
    ReplicaExchangeSettings,
    SwitchingSettings,
    run_segment,
    start_chains,
    warm_up,
)
from latflow.theories import CPModel, U1Gauge


def theory_of(options):
    lattice = Lattice(tuple(options.shape))
    if options.theory == "u1":
        return U1Gauge(lattice, beta=options.beta)
    return CPModel(lattice, n=options.components, beta=options.beta)


def kernels_of(options, theory):
    """Settings by name, and how many samples they get relative to the others."""
    hmc = {"kernel": "hmc", "trajectory": options.trajectory, "steps": options.steps}
    found = {"hmc": HMCSettings(**hmc), "heat-bath": HeatBathSettings(over_relaxation=2)}
    if options.theory == "u1":
        found["instanton, hmc"] = InstantonSettings(update=hmc)
    for length, replicas in options.defect:
        ladder = {"kind": "defect", "length": length, "replicas": replicas}
        found[f"defect {length}, {replicas} replicas, hmc"] = ReplicaExchangeSettings(
            ladder=ladder, update=hmc
        )
    length, replicas = options.defect[0]
    ladder = {"kind": "defect", "length": length, "replicas": replicas}
    sweeps = {"kernel": "heat-bath", "over_relaxation": 2}
    found[f"defect {length}, {replicas} replicas, heat-bath"] = ReplicaExchangeSettings(
        ladder=ladder, update=sweeps
    )
    for stops in options.stops:
        ladder = {"kind": "defect", "length": length, "replicas": stops + 1}
        for update in (hmc, sweeps):
            found[f"switching {stops}, {update['kernel']}"] = SwitchingSettings(
                ladder=ladder, update=update, moves_at_far_end=options.far_moves
            )
    far, replicas = options.far, options.replicas
    ladder = {"kind": "couplings", "couplings": {"beta": far}, "replicas": replicas}
    found[f"beta {far} ..., {replicas} replicas, hmc"] = ReplicaExchangeSettings(
        ladder=ladder, update=hmc
    )
    return found


def charge_of(theory):
    if isinstance(theory, U1Gauge):
        return theory.space.topological_charge
    return theory.topological_charge


def measured(name, settings, theory, options):
    kernel = settings.build_kernel(theory)
    n_samples = options.samples
    states = start_chains(kernel, 1, name, options.chains, "hot")
    kernel, states = warm_up(kernel, states, 1, name, options.warm_up)
    charge = charge_of(theory)

    def measure(field):
        return {"q": charge(field)}

    half = n_samples // 2
    states, first = run_segment(kernel, states, 1, name, "sampling", 0, half, 1, measure)
    start = time.process_time()
    states, second = run_segment(kernel, states, 1, name, "sampling", half, half, 1, measure)
    jax.block_until_ready(states)
    seconds = (time.process_time() - start) / (half * options.chains)
    join = lambda x, y: np.concatenate([np.asarray(x), np.asarray(y)], axis=1)  # noqa: E731
    q = join(first.measurements["q"], second.measurements["q"])
    infos = {k: join(first.infos[k], second.infos[k]) for k in first.infos}
    result = gamma_method(q * q)
    changes = float(np.mean(np.diff(q, axis=1) != 0))
    found = {
        "kernel": name,
        "q2": float(result.value),
        "q2_error": float(result.error),
        "tau_int": float(result.tau_int),
        "tau_int_error": float(result.tau_int_error),
        "saturated": bool(result.window_saturated),
        "changes_per_sample": changes,
        "seconds_per_sample": seconds,
        "seconds_per_independent": 2 * float(result.tau_int) * seconds,
        "relative_error": float(result.tau_int_error / result.tau_int),
    }
    if "work" in infos:
        found["acceptance"] = float(infos["acceptance"].mean())
        found["mean_work"] = float(infos["work"].mean())
        one = gamma_method(np.exp(-infos["work"]))
        found["exp_minus_work"] = [float(one.value), float(one.error)]
    pairs = sum(key.startswith("swap_") for key in infos)
    if pairs:
        found["swaps"] = [round(float(infos[f"swap_{i}"].mean()), 3) for i in range(pairs)]
        found["round_trips_per_sample"] = float(infos["round_trips"].mean())
        works = ([infos[f"work_{way}_{i}"] for i in range(pairs)] for way in ("up", "down"))
        log_z = log_z_along(*works)
        found["log_z"] = [float(log_z.value), float(log_z.error)]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("theory", choices=["u1", "cpn"])
    parser.add_argument("--beta", type=float, default=7.0)
    parser.add_argument("--components", type=int, default=2)
    parser.add_argument("--shape", type=int, nargs=2, default=[16, 16])
    parser.add_argument("--chains", type=int, default=32)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--warm-up", type=int, default=300)
    parser.add_argument("--trajectory", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--far", type=float, default=2.0)
    parser.add_argument("--replicas", type=int, default=14)
    parser.add_argument("--defect", type=int, nargs=2, action="append", default=None)
    parser.add_argument("--stops", type=int, nargs="*", default=[10])
    parser.add_argument("--far-moves", type=int, default=4)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.defect = options.defect or [[1, 4], [4, 6]]
    theory = theory_of(options)
    exact = theory.known().get("q2")
    print(json.dumps({"q2_exact": None if exact is None else exact.value}), flush=True)
    for name, settings in kernels_of(options, theory).items():
        if name.startswith(options.only):
            print(json.dumps(measured(name, settings, theory, options)), flush=True)


if __name__ == "__main__":
    main()
