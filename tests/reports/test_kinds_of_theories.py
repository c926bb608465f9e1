"""Reports of gauge and spin theories: their figures, and nothing that was not measured."""

import re

import jax
import numpy as np
import pytest

from latflow.fields import ProductSpace, RealScalar
from latflow.fields.links import SULinks, U1Links
from latflow.lattice import Lattice
from latflow.reports import write_report
from latflow.reports.data import collect
from latflow.reports.figures import FIGURES, drawings, known_figures, map_of, shown_figures
from latflow.reports.judgement import findings, sample_cost
from latflow.reports.tables import observable_table

from .synthetic import make_run
from .synthetic_links import BETA, gauge_run, spin_run
from .test_report import Page, page_of


@pytest.fixture(scope="module")
def gauge(tmp_path_factory):
    run = gauge_run(tmp_path_factory.mktemp("gauge"))
    return run, page_of(run)


def row_of(report, words):
    (row,) = (cells for _, text, cells in observable_table(report).rows if text == words)
    return [str(cell.text) for cell in row]


def test_a_gauge_theory_has_the_figures_that_its_observables_name(gauge):
    _, (page, text) = gauge
    figures = ["wilson-loops", "topological-charge", "configurations", "autocorrelation"]
    figures += ["acceptance", "energy"]
    shown = [each for each in page.ids if each in known_figures()]
    assert [each for each in shown if each != "history"] == figures
    assert not {"magnetisation", "correlator", "spectrum", "training"} & set(shown)
    assert "U(1) gauge theory, 8 × 8" in page.words and "β = 2" in page.words
    assert "<i>W</i>(1,2)" in text and "Creutz" in page.words
    assert "exact: character expansion" in page.words
    assert "φ" not in page.words, "no field of that name is in this theory"


def test_wilson_loops_are_drawn_on_a_logarithmic_axis_with_exact_values(gauge):
    report = collect(gauge[0])
    figure, caption = known_figures()["wilson-loops"]().draw(report)
    left, right = figure.axes
    assert left.get_yscale() == "log"
    assert "area" in left.get_xlabel() and "W(R, T)" in left.get_ylabel()
    assert r"\chi(R, T)" in right.get_ylabel() and "what is known" in caption
    known = next(line for line in left.lines if line.get_label() == "known")
    area, value = np.array(known.get_data())
    assert area.min() == 1 and area.max() == 16 and (np.diff(np.log(value)) <= 0).all()
    # Only what stands out of the noise is drawn; the rest is counted.
    points = [line for line in left.lines if line.get_linestyle() == "None"]
    assert all((line.get_ydata() > 0).all() for line in points)


def test_the_charge_has_one_bin_for_each_whole_number(gauge):
    report = collect(gauge[0])
    figure, _ = known_figures()["topological-charge"]().draw(report)
    distribution = figure.axes[-1]
    edges = distribution.patches[0].get_data().edges
    assert (np.diff(edges) == 1).all() and (edges % 1 == 0.5).all()
    total = distribution.patches[0].get_data().values.sum()
    assert total == pytest.approx(1)


def test_a_frozen_chain_has_a_bound_and_no_number(tmp_path):
    run = gauge_run(tmp_path, frozen=("hmc",))
    report = collect(run)
    frozen, moving = report.chains
    assert frozen.frozen.keys() == {"q", "q2", "chi_t", "tunnelling_rate"} and not moving.frozen
    for words in ("topological charge", "mean square charge"):
        cells = row_of(report, words)
        assert cells[1:3] == ["frozen", "≥ 1,000"], cells
        assert "(" not in "".join(cells[1:4]), "no number with an error"
        assert re.search(r"\(\d", cells[4]), "the chain that moves has one"
    said = [finding for finding in findings(report) if "frozen" in str(finding.title)]
    assert [finding.subject for finding in said] == ["hmc"]
    assert "1000 samples" in said[0].text
    # What an independent sample costs is not known, and the fast observables must not stand in.
    assert sample_cost(report, frozen) is None and sample_cost(report, moving) is not None
    page, _ = page_of(run)
    assert not re.search(r"\b(nan|None|null)\b", page.words)
    figure, _ = known_figures()["topological-charge"]().draw(report)
    notes = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert len(notes) == 1 and "frozen" in notes[0]
    figure, caption = known_figures()["autocorrelation"]().draw(report)
    legends = [
        text.get_text()
        for axes in figure.axes
        if axes.get_title(loc="left").startswith("$Q")
        for text in axes.get_legend().get_texts()
    ]
    assert sum("frozen" in text for text in legends) == 2
    assert "lower bound" in caption


@pytest.mark.parametrize("kind", ["on", "cpn"])
def test_spins(tmp_path, kind):
    report = collect(spin_run(tmp_path, kind, 2, chains=("hmc",)))
    captions = {part.name: drawing.caption for part, drawing in drawings(report)}
    wanted = {"history", "correlator", "configurations", "autocorrelation", "acceptance", "energy"}
    assert set(captions) == wanted | ({"topological-charge"} if kind == "cpn" else set())
    assert "φ" not in " ".join(captions.values())
    assert row_of(report, "second-moment correlation length [a]")


def space_of(name, shape):
    lattice = Lattice(shape)
    if name == "scalar":
        return RealScalar(lattice)
    return U1Links(lattice) if name == "u1" else SULinks(lattice, n=int(name[-1]))


@pytest.mark.parametrize("name", ["scalar", "u1", "su2", "su3"])
@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 3)])
def test_pictures_of_fields(name, shape):
    space = space_of(name, shape)
    kind = map_of(space)
    fields = jax.vmap(lambda key: space.random(key, np.float64))(
        jax.random.split(jax.random.key(0), 3)
    )
    pictures, remarks = kind.pictures({"field": np.asarray(fields)})
    assert pictures.shape == (3, *shape)
    if kind.look.limits is not None:
        low, high = kind.look.limits
        assert low <= pictures.min() and pictures.max() <= max(high, 2.0)
    cold = kind.values(space.cold(np.float64))
    assert np.ptp(cold) < 1e-12
    if name != "scalar":
        assert np.abs(cold).max() < 1e-12, "plaquettes of an ordered field are one"
    if name == "u1" and len(shape) == 2:
        charges = [int(re.search(r"-?\d+", text)[0]) for text in remarks]
        np.testing.assert_allclose(
            pictures.sum(axis=(1, 2)), 2 * np.pi * np.array(charges), atol=1e-12
        )
    else:
        assert not any(remarks)


def test_pictures_of_spins(tmp_path):
    for kind, n in (("on", 2), ("on", 3), ("cpn", 3)):
        space = spin_run(tmp_path, kind, n).config().theory.build().space
        pictures = map_of(space).values(space.random(jax.random.key(1), np.float64))
        low, high = map_of(space).look.limits
        assert pictures.shape == (8, 8) and low <= pictures.min() and pictures.max() <= high
        if kind == "cpn":
            turns = pictures.sum() / (2 * np.pi)
            assert turns == pytest.approx(round(turns), abs=1e-9)
    scalars = RealScalar(Lattice((4, 4)))
    assert map_of(ProductSpace({"a": scalars, "b": scalars})) is None


def test_every_figure_says_what_it_is():
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", figure.name)
        assert figure.title and figure.__doc__
        assert figure.always != bool(figure.serves), "it serves some series, or all runs"


def test_histories_of_slow_series(tmp_path, monkeypatch):
    run = make_run(tmp_path, chains=("hmc",), trained=False, n_samples=60)
    report = collect(run)
    part = known_figures()["history"]()
    assert part.draw(report) is None, "nobody asked for it"
    moments = next(one for one in report.observables if one.name == "local-moments")
    monkeypatch.setattr(type(moments), "figures", ("history",))
    figure, _ = part.draw(report)
    assert figure.axes[0].get_ylabel() == "$E$" and "sample" in figure.axes[0].get_xlabel()
    # Where its observable stands: before the correlator.
    names = [part.name for part in shown_figures(report) if not part.always]
    assert names == ["magnetisation", "history", "correlator", "spectrum"]


def test_figures_that_nobody_has_are_said_to_be_missing(tmp_path, monkeypatch):
    run = make_run(tmp_path, chains=("hmc",), trained=False, n_samples=60)
    moments = next(one for one in collect(run).observables if one.name == "local-moments")
    monkeypatch.setattr(type(moments), "figures", ("histroy", "correlator"))
    page = Page(write_report(run).read_text(encoding="utf-8"))
    assert "asks for histroy" in page.words and page.ids.count("correlator") == 1


def test_the_exact_plaquette_is_met(gauge):
    report = collect(gauge[0])
    cells = row_of(report, "mean plaquette, Re tr P / N")
    assert abs(float(cells[3].replace("−", "-"))) < 4 and BETA == 2.0
