"""log Z of phi^4 by annealing, sequential Monte Carlo and flows: how long for an error of 0.01.

    python benchmarks/log_z.py annealing --extent 32 --kappa 0.60 --levels 256 --out a.npy
    python benchmarks/log_z.py smc --extent 32 --kappa 0.60 --levels 64 --particles 64 --out s.npy
    python benchmarks/log_z.py stochastic-flow --extent 32 --kappa 0.60 --levels 16 --out f.npy
    python benchmarks/log_z.py flow --extent 32 --run latflow:psd-32x32 --out m.npy

The theory has the field-strength form with m2 = -4 kappa, zeta = kappa, g4 = 1/2. All but a flow
begin with the free field of m2 0.4 and zeta = kappa, on a path of couplings with adaptive levels,
in single precision (works in double). Log weights are added to the file until the error of log Z
is small enough, or the time is over; the same command goes on.
"""

import argparse
import json
import time
from pathlib import Path

import equinox as eqx
import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
# ruff: noqa: E402

from latflow.analysis import effective_sample_size, log_partition_function
from latflow.annealing import Annealed, OfCouplings, Population, power_protocol, stacked
from latflow.flows import Chain, Identity, PowerSpectrumSettings, SiteSplineSettings
from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.theories.scalar import FreeScalar, Phi4
from latflow.training import Trainer, TrainingSettings

M2 = 0.4


def theory_of(extent, kappa):
    return Phi4.field_strength(Lattice((extent, extent)), zeta=kappa, m2=-4 * kappa, g4=0.5)


def layers_of(space, levels):
    parts = (
        PowerSpectrumSettings.model_validate({"start": "identity"}),
        SiteSplineSettings.model_validate({}),
    )
    key = jax.random.key(0)
    return stacked([Chain(tuple(part.build(space, key) for part in parts))] * levels)


def annealed_of(options, extent, with_layers):
    theory = theory_of(extent, options.kappa)
    lattice = theory.space.lattice
    free = FreeScalar(lattice, m2=M2, zeta=options.kappa)
    base = Model(FreeField(free), Identity(theory.space), "single")
    start = Phi4.field_strength(lattice, zeta=options.kappa, m2=M2, g4=0.0)
    kernel = HMCSettings(trajectory=options.trajectory, steps=options.steps)
    adaptive = not with_layers
    protocol = power_protocol(options.levels, 1.0, adaptive)
    layers = layers_of(theory.space, options.levels) if with_layers else None
    made = Annealed(base, OfCouplings(start), protocol, kernel, options.moves, layers)
    return made.prepared(theory, jax.random.key(3)).cast("single"), theory


def trained(options):
    """A stochastic flow, trained on a smaller lattice."""
    annealed, theory = annealed_of(options, options.train_extent, True)
    if options.model is not None and options.model.exists():
        return eqx.tree_deserialise_leaves(options.model, annealed)
    settings = TrainingSettings(
        objective="local-work", steps=options.train_steps, batch=options.batch, micro_batch=16,
        learning_rate=0.01,
    )  # fmt: skip
    trainer = Trainer(settings, theory, 1, "training")
    state = trainer.init(annealed)
    start = time.process_time()
    state, _ = trainer.advance(state, options.train_steps)
    jax.block_until_ready(jax.tree.leaves(eqx.filter(state.model, eqx.is_array)))
    print(json.dumps({"training_cpu_seconds": time.process_time() - start}), flush=True)
    if options.model is not None:
        eqx.tree_serialise_leaves(options.model, state.model)
    return state.model


def proposer_of(options):
    if options.method == "flow":
        import latflow as lf
        from latflow.runs.configuration import run_path

        return lf.load(run_path(options.run)).model.cast("double")
    if options.method == "stochastic-flow" or options.layers:
        model = trained(options)
    else:
        model, _ = annealed_of(options, options.extent, False)
    if options.extent != model.space.lattice.shape[0]:
        model = model.moved_to(Lattice((options.extent, options.extent)))
    return Population(model, options.particles) if options.method == "smc" else model


@eqx.filter_jit
def drawn(proposer, theory, keys, at_once):
    return jax.lax.map(lambda key: proposer.propose(theory, key)[1], keys, batch_size=at_once)


def found(log_weight):
    log_z = log_partition_function(log_weight)
    return {
        "ways": log_weight.size,
        "log_z": float(log_z.value),
        "error": float(log_z.error),
        "variance": float(log_weight.var(ddof=1)),
        "ess": float(effective_sample_size(log_weight).value),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=["annealing", "smc", "stochastic-flow", "flow"])
    parser.add_argument("--extent", type=int, default=32)
    parser.add_argument("--kappa", type=float, default=0.60)
    parser.add_argument("--levels", type=int, default=256)
    parser.add_argument("--moves", type=int, default=1)
    parser.add_argument("--trajectory", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--particles", type=int, default=64)
    parser.add_argument("--train-extent", type=int, default=16)
    parser.add_argument("--train-steps", type=int, default=200)
    parser.add_argument("--layers", action="store_true", help="smc with trained flows, too")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--model", type=Path, help="where the trained stochastic flow is kept")
    parser.add_argument("--run", default="latflow:psd-32x32")
    parser.add_argument("--error", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--piece", type=int, default=512)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    begin = time.monotonic()
    theory = theory_of(options.extent, options.kappa)
    proposer = proposer_of(options)
    log_weight = np.load(options.out) if options.out.exists() else np.zeros(0)
    at_once = 1 if options.method == "smc" else 16
    cpu, drawn_here = 0.0, 0
    while time.monotonic() - begin < options.seconds:
        key = jax.random.fold_in(jax.random.key(11), log_weight.size)
        start = time.process_time()
        more = np.asarray(drawn(proposer, theory, jax.random.split(key, options.piece), at_once))
        if drawn_here or options.seconds < 60:
            cpu += time.process_time() - start
        drawn_here += options.piece
        log_weight = np.concatenate([log_weight, more])
        np.save(options.out, log_weight)
        now = found(log_weight)
        counted = max(1, drawn_here - options.piece)
        now["cpu_ms_per_way"] = 1e3 * cpu / counted
        print(json.dumps(now), flush=True)
        if now["error"] < options.error and log_weight.size >= 2 * options.piece:
            break


if __name__ == "__main__":
    main()
