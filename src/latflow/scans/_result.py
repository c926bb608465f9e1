"""What a scan found for one ensemble and kernel, in units of kernel steps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from latflow.analysis import Estimate
from latflow.runs import RunFolder, quantities_of, slow_series_of
from latflow.scans._point import Point
from latflow.scans._settings import ScanSettings
from latflow.scans._symbols import Symbol

LARGEST_PULL = 3.0
"""Beyond so many standard deviations a deviation from a reference is worth a warning."""

LENGTH_UNIT = "a"
"""The unit of what observables measure as a correlation length: the lattice spacing."""


@dataclass(frozen=True)
class PointResult:
    """One ensemble with one kernel.

    Attributes:
        ensemble: name of the ensemble.
        kernel: name of the kernel in the scan.
        kind: what kernel it is.
        extent: L.
        n_chains: number of chains.
        n_samples: stored samples per chain.
        thin: kernel steps per stored sample.
        warm_up: kernel steps before the first sample.
        acceptance: mean acceptance.
        slow: what is slow according to the run's observables, and how it is written.
        tau_int: of what is slow, in kernel steps.
        tau_int_at_least: lower bounds for what never changed, in kernel steps.
        seconds_per_step: of one chain while all advance together, measurements included; NaN where
            it is not known.
        cpu_seconds_per_step: the same of all processors together.
        cost: seconds per independent sample, 2 tau_int seconds_per_step, by observable; empty where
            that is not known.
        training_seconds: spent on training a flow; 0 without one.
        cost_with_training: ``cost`` plus the training's share, see ``training_spread``.
        observables: ``value`` and ``error`` of every result; no error where it is in doubt.
        lengths: which of them are correlation lengths, and how these are written.
        reference: ``value``, ``error``, ``source`` and ``pull`` of what is known.
        tuned: the numbers that the warm-up tuned.
        warnings: what to be careful about.
        run: the run's folder, relative to that of the scan.
    """

    ensemble: str
    kernel: str
    kind: str
    extent: int
    n_chains: int
    n_samples: int
    thin: int
    warm_up: int
    acceptance: float
    slow: dict[str, Symbol]
    tau_int: dict[str, Estimate]
    tau_int_at_least: dict[str, float]
    seconds_per_step: float
    cpu_seconds_per_step: float
    cost: dict[str, Estimate]
    training_seconds: float
    cost_with_training: dict[str, Estimate]
    observables: dict[str, dict[str, Any]]
    lengths: dict[str, Symbol]
    reference: dict[str, dict[str, Any]]
    tuned: dict[str, float]
    warnings: tuple[str, ...]
    run: str

    @property
    def worst_pull(self) -> tuple[str, float] | None:
        """The observable furthest from its reference, and by how many standard deviations."""
        pulls = {
            name: entry["pull"]
            for name, entry in self.reference.items()
            if entry["pull"] is not None
        }
        if not pulls:
            return None
        name = max(pulls, key=lambda name: abs(pulls[name]))
        return name, pulls[name]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def point_result(point: Point, settings: ScanSettings, folder: RunFolder, run: str) -> PointResult:
    """Read one point's result from its measured run.

    Args:
        point: which ensemble and kernel.
        settings: of the scan.
        folder: its run.
        run: where it lies, relative to the scan.
    """
    summary = folder.summary()
    config = folder.config()
    chain, slow = config.chain(point.chain_name), slow_series_of(config)
    results = summary["chains"][point.chain_name]
    entries = {name: results["observables"].get(name, {}) for name in slow}
    tau_int = {
        name: Estimate(chain.thin * entry["tau_int"], chain.thin * entry["tau_int_error"])
        for name, entry in entries.items()
        if entry.get("tau_int") is not None
    }
    seconds, cpu_seconds = (
        math.nan if results[name] is None else results[name] / chain.thin
        for name in ("seconds_per_sample", "cpu_seconds_per_sample")
    )
    training_seconds = float(summary.get("training", {}).get("seconds", 0.0))
    cost = {
        name: Estimate(2 * seconds * tau.value, 2 * seconds * tau.error)
        for name, tau in tau_int.items()
        if math.isfinite(seconds)
    }
    share = training_seconds / settings.training_spread
    return PointResult(
        ensemble=point.ensemble.name,
        kernel=point.kernel_name,
        kind=point.kernel["kernel"],
        extent=point.extent,
        n_chains=results["n_chains"],
        n_samples=results["n_samples"],
        thin=chain.thin,
        warm_up=chain.warm_up,
        acceptance=results["acceptance"],
        slow={name: Symbol.of(each) for name, each in slow.items()},
        tau_int=tau_int,
        tau_int_at_least={
            name: chain.thin * entry["tau_int_at_least"]
            for name, entry in entries.items()
            if entry.get("tau_int_at_least") is not None
        },
        seconds_per_step=seconds,
        cpu_seconds_per_step=cpu_seconds,
        cost=cost,
        training_seconds=training_seconds,
        cost_with_training={k: Estimate(c.value + share, c.error) for k, c in cost.items()},
        observables={
            name: {"value": entry["value"], "error": entry["error"]}
            for name, entry in results["observables"].items()
        },
        lengths={
            name: Symbol.of(quantity)
            for name, quantity in quantities_of(config).items()
            if quantity.unit == LENGTH_UNIT
        },
        reference=results["reference"],
        tuned=results["tuned"],
        warnings=tuple(_warnings(point, settings, results, tau_int)),
        run=run,
    )


def slow_of(points: Sequence[PointResult]) -> dict[str, Symbol]:
    """What is slow in any of the points, in order, and how it is written."""
    return {name: symbol for point in points for name, symbol in point.slow.items()}


def lengths_of(points: Sequence[PointResult]) -> dict[str, Symbol]:
    """The correlation lengths that any of the points has, and how they are written."""
    return {name: symbol for point in points for name, symbol in point.lengths.items()}


def _warnings(
    point: Point,
    settings: ScanSettings,
    results: Mapping[str, Any],
    tau_int: Mapping[str, Estimate],
) -> list[str]:
    warnings = [*results["warnings"], *results["cost_warnings"]]
    for name, entry in results["reference"].items():
        if entry["pull"] is not None and abs(entry["pull"]) > LARGEST_PULL:
            warnings.append(f"{name} is {entry['pull']:+.1f} standard deviations off its reference")
    slowest = max(tau_int.values(), key=lambda tau: tau.value, default=Estimate(math.nan, math.nan))
    reached = slowest.error / slowest.value
    if point.fixed_samples is None and not reached <= settings.target_error:
        warnings.append(
            f"the relative error of tau_int is {reached:.1%}, not {settings.target_error:.1%}: "
            "max_steps is too small"
        )
    return warnings
