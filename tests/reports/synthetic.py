"""A run made of free-field chains with known answers, in a fraction of a second."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from latflow.analysis import effective_sample_size, log_partition_function
from latflow.observables import Measurement
from latflow.runs import LayerView, WarmUpHistory, config_from

MASS2 = 0.25


@dataclass
class SyntheticRun:
    """Looks like a run folder to a report; every part can be replaced before it is read."""

    path: Path
    configuration: dict[str, Any]
    results: dict[str, Any]
    chains: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, np.ndarray] = field(default_factory=dict)
    samples: dict[str, np.ndarray] | None = None
    layer_view: LayerView | None = None

    @property
    def results_path(self):
        return self.path

    def config(self):
        return config_from(self.configuration)

    def summary(self):
        return self.results

    def provenance(self):
        return {
            "started": "2025-01-31T12:00:00+00:00",
            "latflow": "0.1.0",
            "command": ["latflow", "run", "quickstart"],
            "sessions": [{"device": "cpu <2 cores>", "seconds": 12.0}],
        }

    def training_metrics(self):
        return self.metrics

    def evaluation(self):
        return self.samples

    def layers(self):
        return self.layer_view

    def chain_names(self):
        return tuple(self.chains)

    def chain(self, name):
        return self.chains[name]

    def remeasure(self):
        """Put what the chains say now into the summary."""
        measurement = Measurement(self.config().theory.build())
        for name, chain in self.chains.items():
            entry = self.results["chains"].setdefault(name, {"kernel": kernel_of(name)})
            entry["acceptance"] = float(chain.infos["acceptance"].mean())
            entry["observables"] = {
                key: {
                    "value": float(r.value),
                    "error": float(r.error),
                    "tau_int": float(r.tau_int),
                    "tau_int_error": float(r.tau_int_error),
                }
                for key, r in measurement.results(chain.measurements).items()
            }
        return self


def kernel_of(name):
    return "independence" if name.startswith("flow") else name.split("-")[0]


def make_run(
    path,
    shape=(8, 8),
    chains=("flow", "hmc"),
    trained=True,
    references=True,
    n_chains=16,
    n_samples=600,
    seed=0,
):
    """A free field of mass² ¼ that claims to be phi^4, sampled by autoregressive chains."""
    rng = np.random.default_rng(seed)
    configuration = {
        "seed": seed,
        "theory": {
            "kind": "phi4",
            "convention": "textbook",
            "shape": list(shape),
            "m2": MASS2,
            "lam": 0.0,
        },
        "chains": [
            {
                "name": name,
                "kernel": kernel_of(name),
                "thin": 1,
            }
            for name in chains
        ],
    }
    if trained or not chains:
        configuration |= {"model": {"prior": {"kind": "normal"}}, "training": {"steps": 800}}
    exact_log_z = _log_z(shape)
    results: dict[str, Any] = {"seed": seed, "chains": {}, "reference": {}}
    run = SyntheticRun(Path(path), configuration, results)
    for name in chains:
        memory = 0.1 if name.startswith("flow") else 0.9
        run.chains[name] = _chain(rng, name, shape, n_chains, n_samples, memory)
    run.remeasure()
    if references:
        known = {
            "m": {"value": 0.0, "error": 0.0, "source": "exact: symmetry of the action"},
            "chi2": {"value": 1 / MASS2, "error": 0.0, "source": "exact: free field"},
            "phi2": {"value": _mean_square(shape), "error": 1e-4, "source": "independent run"},
        }
        for entry in results["chains"].values():
            entry["reference"] = known
    if trained:
        _train(rng, run, exact_log_z, references)
    return run


def _train(rng, run, exact_log_z, references):
    shape = run.configuration["theory"]["shape"]
    step = np.arange(1, 801)
    gap = 0.02 + 12 * np.exp(-step / 60)
    run.metrics = {
        "step": step.astype(float),
        "loss": -exact_log_z + gap * (1 + 0.2 * rng.normal(size=step.size)),
        "ess": np.clip(np.exp(-2 * gap) + 0.01 * rng.normal(size=step.size), 1e-3, 1),
        "acceptance": np.clip(1 - np.sqrt(gap) / 2, 0.01, 1),
    }
    action = rng.chisquare(math.prod(shape), 20_000) / 2
    log_weight = exact_log_z - 0.02 + 0.2 * rng.normal(size=action.size)
    run.samples = {
        "action": action,
        "log_prob": -action - log_weight,
        "log_weight": log_weight,
        "fields/field": free_fields(rng, shape, 8),
    }
    run.layer_view = layer_view(rng, shape)
    ess, log_z = effective_sample_size(log_weight), log_partition_function(log_weight)
    run.results["training"] = {
        "steps": 800,
        "seconds": 31.0,
        "loss": float(run.metrics["loss"][-1]),
        "ess": ess.value,
        "ess_error": ess.error,
    }
    run.results["log_z"] = {"value": log_z.value, "error": log_z.error, "constant": 0.0}
    if references:
        reference = {"value": exact_log_z, "error": 0.0, "source": "exact: free field"}
        run.results["reference"]["log_z"] = reference


def layer_view(rng, shape, names=("normal", "psd", "affine-coupling"), number=256):
    """White noise, and then free fields at every later stage."""
    white = rng.normal(size=(number, *shape))
    stages = [white, *(free_fields(rng, shape, number) for _ in names[1:])]
    histograms = [np.histogram(fields, bins=40, range=(-6, 6)) for fields in stages]
    two_point = np.stack([measure(fields[None])["two_point"][0] for fields in stages])
    return LayerView(
        names=tuple(names),
        n_fields=number,
        edges=np.stack([edges for _, edges in histograms]),
        counts=np.stack([counts for counts, _ in histograms]),
        two_point=two_point.mean(axis=1),
        two_point_error=two_point.std(axis=1) / math.sqrt(number),
        fields={"field": np.stack([fields[0] for fields in stages])},
    )


def _chain(rng, name, shape, n_chains, n_samples, memory):
    fields = np.empty((n_samples, n_chains, *shape))
    fields[0] = free_fields(rng, shape, n_chains)
    for n in range(1, n_samples):
        fresh = free_fields(rng, shape, n_chains)
        fields[n] = memory * fields[n - 1] + math.sqrt(1 - memory**2) * fresh
    fields = np.moveaxis(fields, 0, 1)
    infos = {"acceptance": np.full((n_chains, n_samples), 0.93)}
    if kernel_of(name) == "hmc":
        delta_h = rng.normal(0.02, 0.2, (n_chains, n_samples))
        infos |= {"delta_h": delta_h, "exp_minus_delta_h": np.exp(-delta_h)}
    return SimpleNamespace(
        name=name,
        measurements=measure(fields),
        infos=infos,
        configurations={"field": fields[:, ::100]},
        tuned={},
        seconds=3.2,
        seconds_per_sample=2e-5 if memory < 0.5 else 1e-4,
        warm_up_seconds=1.0,
        cpu_seconds=6.0,
        cpu_seconds_per_sample=4e-5,
        warm_up_cpu_seconds=2.0,
        compiling_seconds=7.0,
        compiling_cpu_seconds=9.0,
        warm_up=warm_up(rng, n_chains),
        n_chains=n_chains,
        n_samples=n_samples,
    )


def warm_up(rng, n_chains, points=20, every=25):
    """The history of 500 transitions that begin at one and come to rest at zero."""
    decay = np.exp(-np.arange(points) / 4)
    names = ("m", "chi2", "ising_energy")
    series = {name: decay + 0.1 * rng.normal(size=(n_chains, points)) for name in names}
    infos = {"acceptance": np.full((n_chains, points), 0.9)}
    return WarmUpHistory(every, series, infos)


def measure(fields):
    """The measurements of a chain's configurations, (chains, samples, *lattice)."""
    shape = fields.shape[2:]
    volume, extent = math.prod(shape), max(shape)
    axes = tuple(range(2, fields.ndim))
    neighbours = sum(np.roll(fields, -1, axis) for axis in axes)
    time_axes = [axis for axis in axes if fields.shape[axis] == extent]
    two_point, factor = 0.0, 0.0
    for axis in time_axes:
        slices = fields.sum(axis=tuple(a for a in axes if a != axis))
        power = np.abs(np.fft.fft(slices, axis=2)) ** 2 / volume / len(time_axes)
        two_point = two_point + np.fft.ifft(power, axis=2).real
        factor = factor + power[..., min(1, extent // 2)]
    kinetic = fields * (MASS2 + 2 * len(shape)) * fields - 2 * fields * neighbours
    return {
        "m": fields.mean(axis=axes),
        "phi2": (fields**2).mean(axis=axes),
        "phi4": (fields**4).mean(axis=axes),
        "ising_energy": (fields * neighbours).mean(axis=axes) / len(shape),
        "two_point": two_point,
        "structure_factor": factor,
        "action": kinetic.sum(axis=axes) / 2,
        "schwinger_dyson": kinetic.mean(axis=axes),
    }


def free_fields(rng, shape, number):
    """Exact, independent free fields."""
    axes = tuple(range(1, len(shape) + 1))
    noise = np.fft.fftn(rng.normal(size=(number, *shape)), axes=axes)
    return np.fft.ifftn(noise / np.sqrt(_kernel(shape)), axes=axes).real


def _kernel(shape):
    grids = np.meshgrid(*(np.fft.fftfreq(extent) for extent in shape), indexing="ij")
    return MASS2 + sum(4 * np.sin(np.pi * k) ** 2 for k in grids)


def _mean_square(shape):
    return float(np.mean(1 / _kernel(shape)))


def _log_z(shape):
    kernel = _kernel(shape)
    return float(0.5 * kernel.size * math.log(2 * math.pi) - 0.5 * np.log(kernel).sum())
