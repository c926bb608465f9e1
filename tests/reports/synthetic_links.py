"""Runs of gauge and spin theories with series made up to look like theirs, without any chain."""

import math
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
from scipy.special import ive

from latflow.observables import Measurement
from latflow.runs import WarmUpHistory

from .synthetic import SyntheticRun

BETA = 2.0


def remeasured(run, frozen=()):
    """Results of the observables in the summary, as a run writes them.

    Args:
        run: with chains.
        frozen: chains whose charge never changes.
    """
    theory = run.config().theory.build()
    measurement = Measurement(theory)
    for name, chain in run.chains.items():
        if name in frozen:
            chain.measurements["q"] = np.ones_like(chain.measurements["q"])
        doubts = measurement.doubts(chain.measurements)
        bounds = {n: d.tau_at_least for d in doubts for n in d.quantities}
        observables = {}
        for key, result in measurement.results(chain.measurements).items():
            entry = {
                "value": float(result.value),
                "error": float(result.error),
                "tau_int": float(result.tau_int),
                "tau_int_error": float(result.tau_int_error),
            }
            if key in bounds:
                entry |= dict.fromkeys(("error", "tau_int", "tau_int_error"))
                entry |= {"in_doubt": True, "tau_int_at_least": bounds[key]}
            observables[key] = entry
        known = {
            key: {"value": number.value, "error": number.error, "source": number.source}
            for key, number in theory.known().items()
            if key in observables
        }
        run.results["chains"][name] = {
            "kernel": "hmc",
            "acceptance": 0.9,
            "observables": observables,
            "reference": known,
            "warnings": [doubt.sentence for doubt in doubts],
        }
    return run


def gauge_run(path, frozen=(), chains=("hmc", "tunnelling"), n_chains=4, n_samples=250, seed=0):
    """U(1) on 8 x 8 with loops and charges around their exact values."""
    configuration = {
        "seed": seed,
        "theory": {"kind": "u1", "shape": [8, 8], "beta": BETA},
        "chains": [{"name": name, "kernel": "hmc"} for name in chains],
    }
    run = SyntheticRun(Path(path), configuration, {"seed": seed, "chains": {}, "reference": {}})
    rng = np.random.default_rng(seed)
    plaquette = float(ive(1, BETA) / ive(0, BETA))
    area = np.multiply.outer(np.arange(1, 5), np.arange(1, 5))
    for name in chains:
        one = rng.normal(size=(n_chains, n_samples, 1, 1))
        noise = rng.normal(size=(n_chains, n_samples, 4, 4))
        loops = plaquette**area * (1 + 0.04 * one) + 0.02 * (noise + noise.swapaxes(2, 3))
        wave = memory(rng, (n_chains, n_samples), 0.9)
        series = {
            "plaquette": loops[..., 0, 0],
            "wilson_loops": loops,
            "polyakov": 0.05 * rng.normal(size=(n_chains, n_samples, 2, 2)),
            "q": np.rint(1.1 * wave),
            "action": -BETA * 64 * loops[..., 0, 0],
        }
        run.chains[name] = chain_of(rng, run, name, series)
    return remeasured(run, frozen)


def spin_run(path, kind="on", n=3, shape=(8, 8), chains=("hmc", "cluster"), seed=0):
    """O(N) spins or CP(N-1) with a decaying correlator."""
    configuration = {
        "seed": seed,
        "theory": {"kind": kind, "n": n, "shape": list(shape), "beta": 1.0},
        "chains": [{"name": name, "kernel": "hmc"} for name in chains],
    }
    run = SyntheticRun(Path(path), configuration, {"seed": seed, "chains": {}, "reference": {}})
    rng = np.random.default_rng(seed)
    extent = max(shape)
    t = np.arange(extent)
    expected = np.cosh(0.6 * (t - extent / 2)) / np.cosh(0.3 * extent)
    for name in chains:
        wave = memory(rng, (4, 200), 0.7)
        two_point = expected * (3 + wave[..., None] + 0.1 * rng.normal(size=(4, 200, extent)))
        two_point = (two_point + np.roll(two_point[..., ::-1], 1, axis=-1)) / 2
        series = {
            "energy": 0.6 + 0.01 * memory(rng, (4, 200), 0.4),
            "action": -120 + memory(rng, (4, 200), 0.4),
            "chi": two_point.sum(axis=-1),
            "two_point": two_point,
            "structure_factor": 1 + 0.1 * np.abs(wave),
        }
        if kind == "cpn":
            series["q"] = np.rint(wave)
        run.chains[name] = chain_of(rng, run, name, series)
    return remeasured(run)


def chain_of(rng, run, name, series):
    """A chain with these series, and configurations from the measure of the space."""
    n_chains, n_samples = next(iter(series.values())).shape[:2]
    space = run.config().theory.build().space
    fields = jax.vmap(jax.vmap(lambda key: space.random(key, np.float64)))(
        jax.random.split(jax.random.key(run.configuration["seed"]), (n_chains, 1))
    )
    arrays = fields if isinstance(fields, dict) else {"field": fields}
    delta_h = rng.normal(0.02, 0.2, (n_chains, n_samples))
    return SimpleNamespace(
        name=name,
        measurements=series,
        infos={
            "acceptance": np.full((n_chains, n_samples), 0.9),
            "delta_h": delta_h,
            "exp_minus_delta_h": np.exp(-delta_h),
        },
        configurations={key: np.asarray(array) for key, array in arrays.items()},
        tuned={},
        seconds=3.2,
        seconds_per_sample=1e-4,
        warm_up_seconds=1.0,
        cpu_seconds=6.0,
        cpu_seconds_per_sample=4e-5,
        warm_up_cpu_seconds=2.0,
        compiling_seconds=7.0,
        compiling_cpu_seconds=9.0,
        warm_up=WarmUpHistory(),
        n_chains=n_chains,
        n_samples=n_samples,
    )


def memory(rng, shape, rho):
    """Stationary AR(1) series of unit variance with autocorrelation rho^t."""
    series = rng.normal(size=shape)
    for n in range(1, shape[1]):
        series[:, n] = rho * series[:, n - 1] + math.sqrt(1 - rho**2) * series[:, n]
    return series
