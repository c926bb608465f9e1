"""Figures 1 and 5: how much flow HMC gains on HMC, towards the continuum."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from latflow.analysis import Estimate, power_law_fit
from latflow.reports import value_with_error
from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._albandea2023._flows import STARTS, Flow
from latflow.reproduce._albandea2023._plan import Plan
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._albandea2023._table1 import ratio
from latflow.reproduce._axes import WIDTH, guided, legend_outside
from latflow.reproduce._ledger import LedgerEntry, referenced
from latflow.reproduce._recipe import Work
from latflow.runs import write_json
from latflow.scans import PointResult, save_figure

_OBSERVABLES = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}


Panels = Mapping[str, Mapping[str, Flow]]
"""The flows of each panel of a figure: by the panel's title, and by what to call them."""


def kernel_sizes(work: Work, plan: Plan, simulations: Simulations) -> list[LedgerEntry]:
    """Figure 1: flows from normal numbers, by kernel size."""
    flows = {_size(size): simulations.usual("gaussian", size) for size in plan.kernel_sizes}
    return _make(work, plan, simulations, {"": flows}, 1)


def starts(work: Work, plan: Plan, simulations: Simulations) -> list[LedgerEntry]:
    """Figure 5: flows by what they are trained from, with a panel for every kernel size."""
    panels = {
        _size(size): {
            f"from {words}": simulations.usual(start, size) for start, words in STARTS.items()
        }
        for size in plan.kernel_sizes
    }
    return _make(work, plan, simulations, panels, 5)


def _make(
    work: Work, plan: Plan, simulations: Simulations, panels: Panels, number: int
) -> list[LedgerEntry]:
    hmc = simulations.classical("hmc", plan.extents, plan.scaling_error)
    ratios: dict[str, dict[str, list[Estimate]]] = {}
    results: dict[str, dict[str, Any]] = {}
    entries: list[LedgerEntry] = []
    for title, flows in panels.items():
        ratios[title] = {}
        for label, flow in flows.items():
            own = simulations.flow_hmc(flow, plan.extents, plan.scaling_error)
            ratios[title][label] = gains(hmc, own)
            name = f"from {STARTS[flow.start]}, {_size(flow.kernel_size)}"
            results[name] = _plain(plan, own, ratios[title][label])
            entries += _observables(name, own)
    save_figure(gain_figure(plan.extents, ratios), work.folder, f"figure-{number}")
    content = {
        "extents": list(plan.extents),
        "hmc": [_tau(point) for point in hmc],
        "flows": results,
    }
    write_json(work.folder / f"figure-{number}.json", content)
    return entries


def _plain(plan: Plan, own: Sequence[PointResult], ratios: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "tau_int": [_tau(point) for point in own],
        "acceptance": [point.acceptance for point in own],
        "ratio": [vars(gain) for gain in ratios],
        "exponent_of_ratio": vars(exponent(plan.extents, ratios)),
        "training_seconds": [point.training_seconds for point in own],
    }


def gains(hmc: Sequence[PointResult], flow_hmc: Sequence[PointResult]) -> list[Estimate]:
    """tau_int(M) of HMC over that of flow HMC, extent by extent."""
    return [ratio(a.tau_int["m"], b.tau_int["m"]) for a, b in zip(hmc, flow_hmc, strict=True)]


def exponent(extents: Sequence[int], ratios: Sequence[Estimate]) -> Estimate:
    """d in ratio = c L^d: zero where both algorithms slow down alike."""
    fit = power_law_fit(
        np.array(extents, dtype=float),
        np.array([gain.value for gain in ratios]),
        np.array([gain.error for gain in ratios]),
    )
    return Estimate(fit.exponent, fit.exponent_error)


@styled
def gain_figure(
    extents: Sequence[int], panels: Mapping[str, Mapping[str, Sequence[Estimate]]]
) -> Figure:
    """The ratios against L, with the exponents d of power laws L^d.

    Args:
        extents: L.
        panels: by title; in each the ratios at every L, by what to call them.
    """
    figure = new_figure(WIDTH, 3.8)
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, ratios) in zip(row, panels.items(), strict=True):
        styles = series_styles(ratios)
        for shift, (name, own) in enumerate(ratios.items()):
            axes.errorbar(
                np.array(extents) + 0.12 * (shift - (len(ratios) - 1) / 2),
                [gain.value for gain in own],
                [gain.error for gain in own],
                label=name,
                **guided(styles[name]),
            )
        axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
        axes.set(title=title, xlabel=r"$L = 4\,\xi$", xticks=extents)
        powers = [exponent(extents, own) for own in ratios.values()]
        words = [f"$d$ = {value_with_error(power.value, power.error)}" for power in powers]
        axes.legend(axes.get_legend_handles_labels()[0], words, loc="lower left")
    row[0].set_ylabel(r"$\tau_{\mathrm{int}}(M)$ of HMC / flow HMC")
    row[0].set_ylim(bottom=0)
    legend_outside(figure, row[0])
    return figure


def _size(size: int) -> str:
    return f"kernel size {size}"


def _tau(point: PointResult) -> dict[str, Any]:
    return vars(point.tau_int["m"])


def _observables(name: str, points: Sequence[PointResult]) -> list[LedgerEntry]:
    """Flow HMC is exact: its observables are those of independent simulations."""
    return [
        entry
        for point in points
        for observable, symbol in _OBSERVABLES.items()
        for entry in referenced(
            f"{symbol}, {point.ensemble}, {name}", point.observables, point.reference, observable
        )
    ]
