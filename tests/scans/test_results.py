"""Fits, tables and figures of a scan."""

import csv
import io

import pytest

from latflow.analysis import Estimate
from latflow.scans import (
    Symbol,
    cost_figure,
    point_table,
    save_figure,
    scaling_table,
    tau_figure,
)
from latflow.scans._fits import scalings
from latflow.scans._tables import COLUMNS, to_csv

from .synthetic import LENGTHS, SYMBOLS, point, power_law_points

POINTS = [*power_law_points("hmc", 0.2, 2.1), *power_law_points("cluster", 2.0, 0.3)]


def test_fits_find_the_power_law_of_every_kernel_and_observable():
    found = {(s.kernel, s.observable, s.against): s.fit for s in scalings(POINTS)}
    assert len(found) == 2 * 3 * 2
    for (kernel, observable, against), fit in found.items():
        z = 0.0 if observable == "ising_energy" else {"hmc": 2.1, "cluster": 0.3}[kernel]
        assert fit.exponent == pytest.approx(z, abs=1e-6)
        assert 0.02 < fit.exponent_error < 0.05
        assert fit.dof == 2 and fit.chi2 == pytest.approx(0.0, abs=1e-8)
        if (kernel, observable, against) == ("hmc", "m", "L"):
            assert fit.alpha == pytest.approx(0.2)
        if (kernel, observable, against) == ("hmc", "m", "xi_2nd"):
            assert fit.alpha == pytest.approx(0.2 * 4**2.1)


def test_one_extent_has_no_exponent():
    assert scalings(POINTS[:1]) == ()


def test_points_without_an_error_do_not_enter_a_fit():
    broken = point("hmc", 20, {}, tau_int={"m": Estimate(1.0, 0.0)})
    fits = {(s.observable, s.against): s.fit for s in scalings([*POINTS[:4], broken])}
    assert fits["m", "L"].dof == 2


def test_csv_has_a_row_for_every_point_and_reads_back():
    rows = list(csv.DictReader(io.StringIO(to_csv(POINTS))))
    assert len(rows) == len(POINTS)
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS
    for name in ("tau_int_m", "cost_chi2_error", "cost_with_training_ising_energy", "chi2",
                 "chi2_error", "chi2_pull", "warnings"):  # fmt: skip
        assert name in rows[0]
    assert rows[0]["ensemble"] == "L6" and rows[0]["kernel"] == "hmc"
    assert float(rows[0]["tau_int_m"]) == POINTS[0].tau_int["m"].value
    assert float(rows[0]["chi2_pull"]) == 2.0
    assert rows[0]["mpL_pull"] == ""


def test_tables_are_rectangular_and_formatted():
    for table in (point_table(POINTS), scaling_table(POINTS, scalings(POINTS))):
        assert all(len(row) == len(table.titles) for row in table.rows)
    row = dict(zip(point_table(POINTS).titles, point_table(POINTS).rows[0], strict=True))
    assert row["τ(M)"] == "8.61(26)"
    assert row["worst pull"] == "+2.0 (chi2)"
    fit = scaling_table(POINTS, scalings(POINTS)).rows[0]
    assert fit[:3] == ("hmc", "M", "L") and fit[3].startswith("2.100(")


def test_figures_have_a_panel_for_every_observable_and_are_reproducible(tmp_path):
    figure = tau_figure(POINTS, scalings(POINTS))
    assert len(figure.axes) == 3
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0].startswith("HMC,  $z$ = 2.100(")
    assert labels[1].startswith("cluster flips and\nupdates,\n$z$ = 0.300(")
    for axes in figure.axes:
        assert axes.get_xscale() == axes.get_yscale() == "log"
    paths = save_figure(figure, tmp_path, "tau")
    assert [path.suffix for path in paths] == [".pdf", ".svg", ".png"]
    before = [path.read_bytes() for path in paths]
    save_figure(tau_figure(POINTS, scalings(POINTS)), tmp_path, "tau")
    assert [path.read_bytes() for path in paths] == before


def test_training_shows_in_the_cost():
    cost = {"m": Estimate(1e-4, 1e-6)}
    total = {"m": Estimate(1e-2, 1e-6)}
    flow = point("independence", 8, {"m": 5.0}, cost=cost, cost_with_training=total,
                 training_seconds=99.0)  # fmt: skip
    figure = cost_figure([point("hmc", 8, {"m": 20.0}), flow], 10_000)
    assert "10,000" in figure.legends[0].get_title().get_text()
    figure = cost_figure([point("hmc", 8, {"m": 20.0})], 10_000)
    assert figure.legends[0].get_title().get_text() == ""


FROZEN = [
    point("hmc", extent, {"q": tau, "ising_energy": 2.0}) for extent, tau in ((8, 3.0), (12, 30.0))
]
FROZEN.append(
    point("hmc", 16, {"ising_energy": 2.0}, slow=FROZEN[0].slow, tau_int_at_least={"q": 4e4})
)


def test_what_never_changed_has_a_bound_and_no_time():
    rows = list(csv.DictReader(io.StringIO(to_csv(FROZEN))))
    assert [row["tau_int_at_least_q"] for row in rows] == ["", "", "40000.0"]
    assert rows[2]["tau_int_q"] == "" and float(rows[2]["tau_int_ising_energy"]) == 2.0
    table = point_table(FROZEN)
    assert [row[table.titles.index("τ(Q)")] for row in table.rows] == [
        "3.000(90)", "30.00(90)", "> 4e+04",
    ]  # fmt: skip
    fits = {(s.observable, s.against): s.fit for s in scalings(FROZEN)}
    assert fits["q", "L"].dof == 0
    panel = tau_figure(FROZEN, scalings(FROZEN)).axes[0]
    assert panel.get_title(loc="left") == r"$\tau_{\mathrm{int}}(Q)$"
    assert panel.dataLim.ymax >= 4e4


def test_what_is_slow_may_be_anything_and_of_any_number():
    names = ("m", "chi2", "ising_energy", "q")
    points = [point("hmc", extent, dict.fromkeys(names, 5.0)) for extent in (8, 16)]
    assert {s.observable for s in scalings(points)} == set(names)
    figure = tau_figure(points, scalings(points))
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 4 and len(cost_figure(points, 100).axes) == 6
    assert [axes.get_ylabel() != "" for axes in shown] == [True, False, False, True]
    mixed = [*points, *FROZEN]
    assert {title for title in point_table(mixed).titles if "τ" in title} == {
        "τ(M)", "τ(M²)", "τ(E)", "τ(Q)",
    }  # fmt: skip


def test_symbols_in_plain_text():
    assert SYMBOLS["chi2"].text == "M²"
    assert LENGTHS["xi_2nd"].text == "ξ_2nd"
    assert Symbol("⟨φ<sup>2</sup>⟩ &lt; χ<sub>|<i>M</i>|</sub>", "", "").text == "⟨φ²⟩ < χ_|M|"
