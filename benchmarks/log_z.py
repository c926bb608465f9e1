"""log Z of phi^4 by annealing, sequential Monte Carlo and flows: how long for an error of 0.01.

    python benchmarks/log_z.py annealing --extent 32 --kappa 0.60 --levels 256 --out a.npy
    python benchmarks/log_z.py annealing --extent 64 --kappa 0.60 --both-ways --out b.npy
    python benchmarks/log_z.py smc --extent 32 --kappa 0.60 --levels 64 --particles 64 --out s.npy
    python benchmarks/log_z.py stochastic-flow --extent 32 --kappa 0.60 --levels 16 --out f.npy
    python benchmarks/log_z.py flow --extent 32 --run latflow:psd-32x32 --out m.npy

The theory has the field-strength form with m2 = -4 kappa, zeta = kappa, g4 = 1/2. All but a flow
begin with the free field of m2 0.4 (``--m2``) and zeta = kappa, on a path of couplings with
adaptive levels, in single precision (works in double). With ``--both-ways`` as many ways lead back
from configurations of cluster chains, and Bennett's acceptance ratio joins both: the error is that
of narrow works even if works are broad. Log weights are added to the file until the error of log Z
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

from latflow.analysis import bennett_log_z, effective_sample_size, log_partition_function
from latflow.annealing import Annealed, OfCouplings, Population, power_protocol, stacked
from latflow.flows import Chain, Identity, PowerSpectrumSettings, SiteSplineSettings
from latflow.kernels import ClusterSettings, HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.theories.scalar import FreeScalar, Phi4
from latflow.training import Trainer, TrainingSettings

CHAINS = 16
APART = 10
"""Transitions of a cluster chain between two starts of a way back."""


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
    free = FreeScalar(lattice, m2=options.m2, zeta=options.kappa)
    base = Model(FreeField(free), Identity(theory.space), "single")
    start = Phi4.field_strength(lattice, zeta=options.kappa, m2=options.m2, g4=0.0)
    kernel = HMCSettings(
        trajectory=options.trajectory, steps=options.steps, integrator=options.integrator
    )
    placement = "as-given" if with_layers else options.placement
    protocol = power_protocol(options.levels, 1.0, placement)
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
    # Not batches of one: vectors of the processor would run along them.
    return jax.lax.map(lambda key: proposer.propose(theory, key)[1], keys, batch_size=at_once)


def field_of(field):
    return {"field": field}


class Targets:
    """Configurations of the target, from cluster chains."""

    def __init__(self, theory, seed):
        self.kernel, self.seed, self.steps = ClusterSettings().build_kernel(theory), seed, 0
        states = start_chains(self.kernel, seed, "targets", CHAINS, "hot")
        self.kernel, self.states = warm_up(self.kernel, states, seed, "targets", 300)

    def drawn(self, number):
        each = -(-number // CHAINS)
        self.states, segment = run_segment(
            self.kernel, self.states, self.seed, "targets", "sampling", self.steps, each, APART,
            field_of,
        )  # fmt: skip
        self.steps += each * APART
        fields = np.asarray(segment.measurements["field"])
        return fields.reshape(-1, *fields.shape[2:])[:number]


@eqx.filter_jit
def back(proposer, theory, fields, keys, at_once):
    return jax.lax.map(
        lambda pair: proposer.log_weight_back(theory, *pair), (fields, keys), batch_size=at_once
    )


def of_seed(key, seed):
    """Seed 0 draws what was drawn before there were others."""
    return jax.random.fold_in(key, seed) if seed else key


def found(log_weight, backward):
    log_z = log_partition_function(log_weight)
    if backward is not None:
        log_z = bennett_log_z(log_weight, backward)
    there = {
        "ways": log_weight.size,
        "log_z": float(log_z.value),
        "error": float(log_z.error),
        "variance": float(log_weight.var(ddof=1)),
        "ess": float(effective_sample_size(log_weight).value),
    }
    if backward is None:
        return there
    alone, reverse = log_partition_function(log_weight), log_partition_function(-backward)
    return there | {
        "ways_back": backward.size,
        "variance_back": float(backward.var(ddof=1)),
        "log_z_there": [float(alone.value), float(alone.error)],
        "log_z_back": [-float(reverse.value), float(reverse.error)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=["annealing", "smc", "stochastic-flow", "flow"])
    parser.add_argument("--extent", type=int, default=32)
    parser.add_argument("--kappa", type=float, default=0.60)
    parser.add_argument("--levels", type=int, default=256)
    parser.add_argument("--m2", type=float, default=0.4, help="of the free field at the start")
    parser.add_argument(
        "--placement", choices=["even-variance", "least-dissipation"], default="even-variance"
    )
    parser.add_argument("--both-ways", action="store_true", help="Bennett's acceptance ratio")
    parser.add_argument("--moves", type=int, default=1)
    parser.add_argument("--trajectory", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--integrator", default="leapfrog")
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
    parser.add_argument(
        "--seed", type=int, default=0, help="others are further draws, to be averaged"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    begin = time.monotonic()
    theory = theory_of(options.extent, options.kappa)
    proposer = proposer_of(options)
    log_weight = np.load(options.out) if options.out.exists() else np.zeros(0)
    backward, file_back, targets = None, options.out.with_suffix(".back.npy"), None
    if options.both_ways:
        backward = np.load(file_back) if file_back.exists() else np.zeros(0)
        targets = Targets(theory, 12 + 1_000_003 * options.seed + backward.size)
    at_once = None if options.method == "smc" else 16
    cpu, drawn_here = 0.0, 0
    there, here = (of_seed(jax.random.key(number), options.seed) for number in (11, 13))
    while time.monotonic() - begin < options.seconds:
        keys = jax.random.split(jax.random.fold_in(there, log_weight.size), options.piece)
        start = time.process_time()
        more = np.asarray(drawn(proposer, theory, keys, at_once))
        if targets is not None:
            keys = jax.random.split(jax.random.fold_in(here, backward.size), options.piece)
            fields = targets.drawn(options.piece)
            more_back = np.asarray(back(proposer, theory, fields, keys, at_once))
            backward = np.concatenate([backward, more_back])
            np.save(file_back, backward)
        if drawn_here or options.seconds < 60:
            cpu += time.process_time() - start
        drawn_here += options.piece
        log_weight = np.concatenate([log_weight, more])
        np.save(options.out, log_weight)
        now = found(log_weight, backward)
        counted = max(1, drawn_here - options.piece)
        now["cpu_ms_per_way"] = 1e3 * cpu / counted
        print(json.dumps(now), flush=True)
        if now["error"] < options.error and log_weight.size >= 2 * options.piece:
            break


if __name__ == "__main__":
    main()
