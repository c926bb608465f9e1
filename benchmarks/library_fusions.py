"""What it costs to let XLA hand sums to YNNPACK: the same programs with and without.

XLA has products of matrices and sums with all that surrounds them computed by the library YNNPACK
where it thinks fit; ``latflow`` leaves it the products alone (``cli/process.py``). For every preset
that is named, two processes on one core compile the step of training (64 draws, no micro-batches)
and 64 draws in double precision, one as XLA would have it and one as latflow has it, and run them
in turn; printed are medians in milliseconds and their ratios. Example:

    python benchmarks/library_fusions.py continuous-16x16 psd-8x8 u1-flow-16x16
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

PRODUCTS_ONLY = "--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
DRAWS = 64


def work(preset):
    """Answer every line of the standard input with the seconds of a step and of the draws."""
    import jax

    from latflow.flags import pin_flags
    from latflow.runs import build_model, build_theory, load_config
    from latflow.training import Trainer, TrainingSettings

    pin_flags()
    config = load_config(preset)
    theory, model = build_theory(config), build_model(config)
    settings = TrainingSettings(
        steps=10**6, batch=DRAWS, micro_batch=DRAWS, objective=config.training.objective
    )
    trainer = Trainer(settings, theory, seed=1)
    state = trainer.init(model)
    double = model.cast("double")
    draws = jax.jit(lambda keys: jax.vmap(lambda key: double.propose(theory, key)[1])(keys))
    keys = jax.random.split(jax.random.key(1), DRAWS)
    state, _ = trainer.advance(state, 1)
    jax.block_until_ready(draws(keys))
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        state, _ = trainer.advance(state, 1)
        between = time.perf_counter()
        jax.block_until_ready(draws(keys))
        print(between - begin, time.perf_counter() - between, flush=True)


def worker(preset, flag, core):
    """A process on one core that has compiled everything."""
    flags = f"--xla_cpu_multi_thread_eigen=false {flag}"
    process = subprocess.Popen(
        [sys.executable, __file__, "--worker", preset],
        env=os.environ | {"XLA_FLAGS": flags},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    assert process.stdout.readline() == "ready\n"
    return process


def main():
    """Time both variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.presets[0])
        return
    for preset in arguments.presets:
        processes = [worker(preset, flag, arguments.core) for flag in ("", PRODUCTS_ONLY)]
        times = [[], []]
        for _ in range(arguments.rounds):
            for process, found in zip(processes, times, strict=True):
                process.stdin.write("\n")
                process.stdin.flush()
                found.append([float(number) for number in process.stdout.readline().split()])
        for process in processes:
            process.stdin.close()
        of_xla, of_latflow = (
            [1e3 * statistics.median(column) for column in zip(*found, strict=True)]
            for found in times
        )
        for what, slow, fast in zip(("training step", "draws"), of_xla, of_latflow, strict=True):
            print(f"{preset:28} {what:14} {slow:9.1f} {fast:9.1f} ms   ratio {slow / fast:.2f}")


if __name__ == "__main__":
    main()
