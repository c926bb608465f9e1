"""Fourier modes in reports: a figure, rows of the tables, columns of comparisons, or no number."""

import math

import numpy as np
import pytest

from latflow.cli._table import print_summary
from latflow.observables import Doubt, Measurement
from latflow.observables.scalar import Modes
from latflow.reports.comparison._compare import Comparison
from latflow.reports.comparison._tables import cost_table as cost_columns
from latflow.reports.data import collect
from latflow.reports.figures import known_figures, shown_figures
from latflow.reports.judgement import break_even_of_entry
from latflow.reports.tables import convergence_table, cost_table
from latflow.reports.text import MISSING
from latflow.runs import ChainData
from latflow.runs.results._slow_vectors import slow_vector_entries
from latflow.runs.store import finite

from .synthetic import make_run

SHAPE = (4, 4)


def with_modes(path, stuck=(), price=1.0, **about):
    """A synthetic run whose modes are autoregressive series, the one at (1, 1) the slowest."""
    run = make_run(path, shape=SHAPE, n_samples=300, **about)
    run.configuration["observables"] = {"extra": ["modes"]}
    theory = run.config().theory.build()
    (vector,) = Modes().slow_vectors(theory)
    rng = np.random.default_rng(7)
    for name, chain in run.chains.items():
        chain.seconds_per_sample *= price
        memory = np.full(len(vector.at), 0.2 if name.startswith("flow") else 0.5)
        memory[vector.at.index((1, 1))] += 0.3
        power = rng.standard_normal((chain.n_chains, 300, len(vector.at)))
        for n in range(1, 300):
            power[:, n] = memory * power[:, n - 1] + np.sqrt(1 - memory**2) * power[:, n]
        chain.measurements["mode_power"] = (5 + power).astype(np.float32)
        results = run.results["chains"][name]["observables"]
        for entry in results.values() if name in stuck else ():
            entry |= {"in_doubt": True, "error": None, "tau_int": None, "tau_int_error": None}
        data = ChainData(
            name=name, measurements=chain.measurements, infos=chain.infos, configurations={},
            tuned={}, seconds=1.0, seconds_per_sample=chain.seconds_per_sample,
            warm_up_seconds=0.0, cpu_seconds_per_sample=chain.cpu_seconds_per_sample,
        )  # fmt: skip
        doubts = [Doubt("stuck", tuple(results))] if name in stuck else []
        found, said = slow_vector_entries(
            data, Measurement(theory, (Modes(),)), chain.measurements, doubts, tuple(results)
        )
        assert not said
        run.results["chains"][name]["slow_vectors"] = found
    return run


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return collect(with_modes(tmp_path_factory.mktemp("modes")))


def test_the_figure_names_zero_mode_and_slowest_mode(report):
    assert "modes" in [part.name for part in shown_figures(report)]
    figure, caption = known_figures()["modes"]().draw(report)
    left, right = figure.axes
    assert left.get_yscale() == right.get_yscale() == "log"
    assert r"\tau_{\mathrm{int}}" in left.get_ylabel() and "[samples]" in left.get_ylabel()
    assert r"|\hat k|$  [lattice units]" in left.get_xlabel() and "[s]" in right.get_ylabel()
    for chain in ("flow", "hmc"):
        assert f"{chain}, zero mode (0, 0): τ" in caption
        assert f"{chain}, slowest mode (1, 1): τ" in caption
    marked = [line for line in left.lines if line.get_markersize() == 5.5]
    assert len(marked) == 2
    tau = report.chains[1].memories["mode_power"].tau_int
    assert marked[1].get_ydata()[0] == tau.max()


def test_tables_have_rows_for_them(report):
    heads = [str(head) for head, _, _ in convergence_table(report).rows]
    assert "hmc: zero mode (0, 0)" in heads and "flow: slowest mode (1, 1)" in heads
    rows = {str(head): (words, cells) for head, words, cells in cost_table(report).rows}
    assert list(rows)[-3:] == ["all of these", "zero mode", "slowest mode"]
    words, cells = rows["slowest mode"]
    assert words == "power of Fourier modes, (1, 1)" and "s" in str(cells[0].text)


def test_a_chain_without_results_has_no_number(tmp_path):
    report = collect(with_modes(tmp_path, stuck=("hmc",)))
    _, caption = known_figures()["modes"]().draw(report)
    assert "flow, zero mode" in caption and "hmc," not in caption
    rows = {str(head): cells for head, _, cells in convergence_table(report).rows}
    for head in ("hmc: zero mode (0, 0)", "hmc: slowest mode"):
        assert {str(cell.text) for cell in rows[head]} == {MISSING}
    assert cost_table(report) is None
    assert break_even_of_entry(report, "mode_power", "zero mode") is None


def test_nothing_is_drawn_where_nothing_is_known(tmp_path):
    report = collect(with_modes(tmp_path / "stuck", stuck=("flow", "hmc")))
    assert known_figures()["modes"]().draw(report) is None
    plain = collect(make_run(tmp_path / "plain", shape=SHAPE, n_samples=60))
    assert "modes" not in [part.name for part in shown_figures(plain)]
    assert known_figures()["modes"]().draw(plain) is None
    assert not any("mode" in str(head) for head, _, _ in convergence_table(plain).rows)


def test_comparisons_and_the_terminal(report, capsys):
    chains = report.summary["chains"]
    costs = {
        f"run/{name}": {
            "kernel": "hmc", "acceptance": 0.9, "slowest": "m", "tau_int": 1.0,
            "seconds_per_sample": 1.0, "seconds_per_independent_sample": 2.0, "ess": None,
            "ess_error": None, "training_seconds": None,
            "entries": each["slow_vectors"]["mode_power"]["costs"],
        }
        for name, each in chains.items()
    }  # fmt: skip
    del costs["run/flow"]["entries"]
    comparison = Comparison(tuple(costs), {}, {}, costs, ())
    titles, flow, hmc = comparison.cost_table()
    assert titles[-2:] == ["zero mode, s / independent", "slowest mode, s / independent"]
    assert flow[-2:] == ["", ""] and hmc[-1].endswith("(1, 1)")
    table = cost_columns(comparison, report.labels)
    assert table.columns[-2:] == ["zero mode in", "slowest mode in"]
    assert str(table.rows[1][2][-1].text).endswith("(1, 1)")
    entry = {"n_chains": 1, "n_samples": 1, "seconds": 1.0, "acceptance": 0.9, "warnings": []}
    content = chains["hmc"] | entry
    print_summary({"chains": {"hmc": content}, "reference": {}})
    printed = capsys.readouterr().out
    assert "mode_power: zero mode (0, 0): tau_int" in printed
    assert "slowest mode (1, 1): tau_int" in printed and "s per independent sample" in printed


def test_modes_of_samples_whose_cost_is_not_known(tmp_path, capsys):
    run = with_modes(tmp_path, price=math.nan)
    drawing = known_figures()["modes"]().draw(collect(run))
    assert drawing is not None and f", {MISSING}." in drawing[1]
    entry = {"n_chains": 1, "n_samples": 1, "seconds": 1.0, "acceptance": 0.9, "warnings": []}
    content = finite(run.results["chains"]["hmc"] | entry)
    print_summary({"chains": {"hmc": content}, "reference": {}})
    printed = capsys.readouterr().out
    assert "zero mode (0, 0): tau_int" in printed and "independent sample" not in printed
