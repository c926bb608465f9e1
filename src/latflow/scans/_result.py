"""What a scan found for one ensemble and kernel, in units of kernel steps."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from latflow.analysis import Estimate
from latflow.runs import RunFolder
from latflow.scans._length import SLOW_OBSERVABLES
from latflow.scans._point import Point
from latflow.scans._settings import ScanSettings

LARGEST_PULL = 3.0
"""Beyond so many standard deviations a deviation from a reference is worth a warning."""


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
        tau_int: of M (``m``), M^2 (``chi2``) and E (``ising_energy``), in kernel steps.
        seconds_per_step: of one chain while all advance together, measurements included.
        cost: seconds per independent sample, 2 tau_int seconds_per_step, by observable.
        training_seconds: spent on training a flow; 0 without one.
        cost_with_training: ``cost`` plus the training's share, see ``training_spread``.
        observables: ``value`` and ``error`` of every observable.
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
    tau_int: dict[str, Estimate]
    seconds_per_step: float
    cost: dict[str, Estimate]
    training_seconds: float
    cost_with_training: dict[str, Estimate]
    observables: dict[str, dict[str, Any]]
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
    chain = folder.config().chain(point.chain_name)
    results = summary["chains"][point.chain_name]
    tau_int = _autocorrelation_times(results["observables"], chain.thin)
    seconds = results["seconds_per_sample"] / chain.thin
    training_seconds = float(summary.get("training", {}).get("seconds", 0.0))
    cost = {
        name: Estimate(2 * seconds * tau.value, 2 * seconds * tau.error)
        for name, tau in tau_int.items()
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
        tau_int=tau_int,
        seconds_per_step=seconds,
        cost=cost,
        training_seconds=training_seconds,
        cost_with_training={k: Estimate(c.value + share, c.error) for k, c in cost.items()},
        observables={
            name: {"value": entry["value"], "error": entry["error"]}
            for name, entry in results["observables"].items()
        },
        reference=results["reference"],
        tuned=results["tuned"],
        warnings=tuple(_warnings(point, settings, results, tau_int)),
        run=run,
    )


def _autocorrelation_times(
    observables: Mapping[str, Mapping[str, Any]], thin: int
) -> dict[str, Estimate]:
    known = {name: observables[name] for name in SLOW_OBSERVABLES if name in observables}
    return {
        name: Estimate(thin * entry["tau_int"], thin * entry["tau_int_error"])
        for name, entry in known.items()
        if entry["tau_int"] is not None
    }


def _warnings(
    point: Point,
    settings: ScanSettings,
    results: Mapping[str, Any],
    tau_int: Mapping[str, Estimate],
) -> list[str]:
    warnings = list(results["warnings"])
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
