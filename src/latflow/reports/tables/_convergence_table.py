"""Have the chains seen the same, are they long enough, and what does an independent sample cost?"""

import math

import numpy as np
from markupsafe import Markup

from latflow.analysis import between_chain_chi2, gelman_rubin
from latflow.observables import SlowSeries
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.tables._table import Cell, Row, Table
from latflow.reports.text import MISSING, count_text, duration_text, plain_number

_SMALLEST_P_VALUE, _LARGEST_R_HAT = 1e-3, 1.05
_FEWEST = 4


def convergence_table(report: RunReport) -> Table | None:
    """R-hat, chi2 between chains, tau_int and cost of every slow series; ``None`` without any."""
    rows: list[Row] = [
        (f"{chain.name}: {one.words}", "", _cells(chain, one))
        for chain in report.chains
        for one in chain.slow
        if one.name in chain.observables
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


def _cells(chain: ChainReport, one: SlowSeries) -> list[Cell]:
    values = _values(chain, one)
    tau = chain.observables[one.name].tau_int
    known = values is not None and math.isfinite(tau) and tau > 0
    if values is None or not known:
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


def _values(chain: ChainReport, one: SlowSeries) -> np.ndarray | None:
    """The series, if it was recorded and is finite."""
    try:
        values = np.asarray(one.of(chain.measurements), dtype=np.float64)
    except KeyError:
        return None
    return values if np.isfinite(values).all() else None
