"""The results of a scan as rows: for CSV files, and for reading."""

import csv
import io
import math
from collections.abc import Sequence
from typing import NamedTuple

from latflow.reports import value_with_error
from latflow.scans._fits import EXTENT, Scaling
from latflow.scans._result import PointResult, lengths_of, slow_of

COLUMNS = ("ensemble", "kernel", "kind", "L", "n_chains", "n_samples", "thin", "warm_up",
           "acceptance", "seconds_per_step", "cpu_seconds_per_step",
           "training_seconds")  # fmt: skip
"""The first columns of ``scan.csv``; the others are made of an observable and a quantity."""


class Table(NamedTuple):
    """Column titles and rows of text."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def to_csv(points: Sequence[PointResult]) -> str:
    """One row per point: how it was run, tau_int and cost, and every observable with its pull."""
    slow = list(slow_of(points))
    frozen = [name for name in slow if any(name in point.tau_int_at_least for point in points)]
    observables = list(dict.fromkeys(name for point in points for name in point.observables))
    titles: list[str] = [*COLUMNS]
    for name in slow:
        for quantity in ("tau_int", "cost", "cost_with_training"):
            titles += [f"{quantity}_{name}", f"{quantity}_{name}_error"]
    titles += [f"tau_int_at_least_{name}" for name in frozen]
    for name in observables:
        titles += [name, f"{name}_error", f"{name}_pull"]
    titles.append("warnings")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(titles)
    for point in points:
        writer.writerow(_csv_row(point, slow, frozen, observables))
    return text.getvalue()


def _csv_row(
    point: PointResult, slow: Sequence[str], frozen: Sequence[str], observables: Sequence[str]
) -> list:
    row: list = [
        point.ensemble, point.kernel, point.kind, point.extent, point.n_chains, point.n_samples,
        point.thin, point.warm_up, point.acceptance, _if_known(point.seconds_per_step),
        _if_known(point.cpu_seconds_per_step), point.training_seconds,
    ]  # fmt: skip
    for name in slow:
        for estimates in (point.tau_int, point.cost, point.cost_with_training):
            estimate = estimates.get(name)
            row += [None, None] if estimate is None else [estimate.value, estimate.error]
    row += [point.tau_int_at_least.get(name) for name in frozen]
    for name in observables:
        entry = point.observables.get(name, {})
        pull = point.reference.get(name, {}).get("pull")
        row += [entry.get("value"), entry.get("error"), pull]
    return [*row, "; ".join(point.warnings)]


def point_table(points: Sequence[PointResult]) -> Table:
    """Autocorrelation times, cost and the worst pull of every point."""
    slow = slow_of(points)
    taus = tuple(f"τ({symbol.text})" for symbol in slow.values())
    titles = (
        "ensemble",
        "kernel",
        "L",
        "accept.",
        "samples",
        *taus,
        "step",
        "CPU",
        "indep. sample",
        "worst pull",
    )
    return Table(titles, tuple(_row(point, list(slow)) for point in points))


def _row(point: PointResult, slow: Sequence[str]) -> tuple[str, ...]:
    slowest = max(point.cost_with_training.values(), key=lambda cost: cost.value, default=None)
    worst = point.worst_pull
    return (
        point.ensemble,
        point.kernel,
        str(point.extent),
        f"{point.acceptance:.3f}",
        f"{point.n_chains} × {point.n_samples}",
        *(_tau(point, name) for name in slow),
        *(
            "" if _if_known(seconds) is None else f"{1e6 * seconds:.3g} µs"
            for seconds in (point.seconds_per_step, point.cpu_seconds_per_step)
        ),
        "" if slowest is None else f"{1e3 * slowest.value:.3g} ms",
        "" if worst is None else f"{worst[1]:+.1f} ({worst[0]})",
    )


def scaling_table(points: Sequence[PointResult], scalings: Sequence[Scaling]) -> Table:
    """z, alpha and the quality of every fit.

    Args:
        points: what was fitted; they know how their observables are written.
        scalings: the fits.
    """
    slow, lengths = slow_of(points), lengths_of(points)
    titles = ("kernel", "τ of", "against", "z", "α", "χ²/dof", "p")
    rows = []
    for scaling in scalings:
        fit = scaling.fit
        rows.append(
            (
                scaling.kernel,
                slow[scaling.observable].text,
                "L" if scaling.against == EXTENT else lengths[scaling.against].text,
                value_with_error(fit.exponent, fit.exponent_error),
                value_with_error(fit.alpha, fit.alpha_error),
                f"{fit.chi2:.1f}/{fit.dof}",
                "" if not fit.dof else f"{fit.p_value:.2g}",
            )
        )
    return Table(titles, tuple(rows))


def _if_known(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _tau(point: PointResult, name: str) -> str:
    """An autocorrelation time, or the bound on that of something frozen."""
    if name in point.tau_int_at_least:
        return f"> {point.tau_int_at_least[name]:.2g}"
    tau = point.tau_int.get(name)
    return "" if tau is None else value_with_error(tau.value, tau.error)
