"""Have the chains seen the same, are they long enough, and what does an independent sample cost?"""

import math
from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from latflow.analysis import between_chain_chi2, gelman_rubin
from latflow.observables import SlowSeries, SlowVector
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.tables._table import Cell, Row, Table
from latflow.reports.text import MISSING, count_text, duration_text, plain_number

_SMALLEST_P_VALUE, _LARGEST_R_HAT = 1e-3, 1.05
_FEWEST = 4


def convergence_table(report: RunReport) -> Table | None:
    """R-hat, chi2 between chains, tau_int and cost of every slow series; ``None`` without any.

    Of slow vectors: of their named entries and of the slowest.
    """
    rows: list[Row] = [
        row
        for chain in report.chains
        for row in (*_series_rows(chain), *_entry_rows(report, chain))
    ]
    if not rows:
        return None
    columns: list[Markup | str] = [
        "series",
        "split R̂",
        "χ²/dof between chains",
        Markup("samples / τ<sub>int</sub>"),
        "independent sample in",
        "CPU time of it",
    ]
    return Table([], columns, rows, [])


def _series_rows(chain: ChainReport) -> Iterator[Row]:
    for one in chain.slow:
        if one.name in chain.observables:
            tau = chain.observables[one.name].tau_int
            values = _values(chain, one)
            yield f"{chain.name}: {one.words}", "", _cells(chain, values, tau)


def _entry_rows(report: RunReport, chain: ChainReport) -> Iterator[Row]:
    for one in report.slow_vectors:
        memories = chain.memories.get(one.name)
        if memories is None:
            continue
        vector = _values(chain, one)
        for name, cost in memories.costs.items():
            values = (
                None
                if vector is None or cost.at is None
                else vector[..., memories.at.index(cost.at)]
            )
            head = f"{chain.name}: {cost.named(name)}"
            yield head, one.words, _cells(chain, values, cost.tau_int)


def _cells(chain: ChainReport, values: np.ndarray | None, tau: float) -> list[Cell]:
    if values is None or not (math.isfinite(tau) and tau > 0):
        return [Cell(MISSING)] * 5
    r_hat = float(gelman_rubin(values)) if values.shape[1] >= _FEWEST else math.nan
    agreement = Cell(MISSING)
    if values.shape[0] > 1 and np.var(values) > 0:
        chi2 = between_chain_chi2(values, tau)
        kind = "tension" if chi2.p_value < _SMALLEST_P_VALUE else ""
        agreement = Cell(f"{chi2.chi2:.1f}/{chi2.dof}", kind)
    return [
        Cell(plain_number(r_hat, 4), "tension" if r_hat > _LARGEST_R_HAT else ""),
        agreement,
        Cell(count_text(values.size / tau)),
        Cell(duration_text(2 * max(tau, 0.5) * chain.seconds_per_sample)),
        Cell(duration_text(2 * max(tau, 0.5) * chain.cpu_seconds_per_sample)),
    ]


def _values(chain: ChainReport, one: SlowSeries | SlowVector) -> np.ndarray | None:
    """The series, if it was recorded and is finite."""
    try:
        values = np.asarray(one.of(chain.measurements), dtype=np.float64)
    except KeyError:
        return None
    return values if np.isfinite(values).all() else None
