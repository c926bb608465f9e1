"""Every figure says what it shows, and leaves matplotlib as it was."""

import re
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from latflow.analysis import Estimate, gamma_method
from latflow.reports import figures
from latflow.reports.figures.measured import plateau_window

from .synthetic import MASS2, free_fields, layer_view, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"), n_samples=300)


def series(run, name):
    return {chain: run.chain(chain).measurements[name] for chain in run.chain_names()}


def target_of(run):
    density, edges = np.histogram(run.chain("hmc").configurations["field"], bins=20, density=True)
    two_point = run.chain("hmc").measurements["two_point"].mean(axis=(0, 1))
    return figures.LayerTarget("hmc", edges, density, two_point)


def all_figures(run):
    memory = {
        chain: {"m": gamma_method(m), "chi2": gamma_method(m**2)}
        for chain, m in series(run, "m").items()
    }
    curves = {k: figures.correlator_curves(v) for k, v in series(run, "two_point").items()}
    stored = {k: run.chain(k).configurations["field"].reshape(-1, 8, 8) for k in run.chain_names()}
    spectra = {k: figures.spectrum_of(v) for k, v in stored.items()}
    samples = run.evaluation()
    return {
        "training": figures.training_curves(run.training_metrics(), 17.8474),
        "weights": figures.weights(samples["log_prob"], samples["action"], 17.8474),
        "layers": figures.layers(run.layers(), target_of(run)),
        "magnetisation": figures.magnetisation(series(run, "m")),
        "correlator": figures.correlator(curves, Estimate(0.5, 0.001)),
        "spectrum": figures.power_spectrum(spectra, (0.5, 4.0)),
        "configurations": figures.configurations(stored),
        "autocorrelation": figures.autocorrelation(memory),
        "energy": figures.energy_violation({"hmc": run.chain("hmc").infos["delta_h"]}),
        "cost": figures.break_even(
            {"flow": figures.CostLine(30, 1e-5, 1e-6), "hmc": figures.CostLine(0, 2e-3, 1e-4)},
            15_000.0,
        ),
    }


@pytest.fixture(scope="module")
def drawn(run):
    settings, modules = mpl.rcParams.copy(), set(sys.modules)
    found = all_figures(run)
    assert mpl.rcParams.copy() == settings
    # Importing pyplot would start a global list of figures and choose a display.
    assert "matplotlib.pyplot" not in set(sys.modules) - modules
    return found


def test_axes_are_labelled(drawn):
    for name, figure in drawn.items():
        assert isinstance(figure, Figure)
        for axes in figure.axes:
            if axes.images or not axes.get_xaxis().get_visible():
                continue
            shares = any(
                other is not axes and axes.get_shared_x_axes().joined(axes, other)
                for other in figure.axes
            ) or any(
                other is not axes and axes.get_shared_y_axes().joined(axes, other)
                for other in figure.axes
            )
            labels = [axes.get_xlabel(), axes.get_ylabel()]
            # The bar of colours has one axis; shared axes are labelled once.
            assert any(labels) if shares or not axes.lines else all(labels), (name, labels)


def test_labels_carry_symbols_and_units(drawn):
    def labels(name):
        return " ".join(a.get_xlabel() + a.get_ylabel() for a in drawn[name].axes)

    assert "lattice units" in labels("correlator") and "C(t)" in labels("correlator")
    assert r"m_{\mathrm{eff}}" in labels("correlator")
    assert "lattice units" in labels("spectrum") and r"\hat k^2" in labels("spectrum")
    assert "lattice units" in labels("configurations") and r"\phi" in labels("configurations")
    assert r"\rho(t)" in labels("autocorrelation") and "samples" in labels("autocorrelation")
    assert r"\phi(x)" in labels("layers") and "C(t)" in labels("layers")
    assert labels("layers").count("lattice units") >= 2 + 2 * 3
    assert r"\log w" in labels("weights") and r"\log q" in labels("weights")
    assert r"\Delta H" in labels("energy")
    assert "[s]" in labels("cost")
    assert "training step" in labels("training") and "KL" in labels("training")


def test_colours_are_those_of_the_palette_for_any_colour_vision(drawn):
    palette = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}
    greys = {"#6b6b6b", "#e4e4e4"}
    for figure in drawn.values():
        for axes in figure.axes:
            used = {to_hex(line.get_color()) for line in axes.lines}
            assert used <= palette | greys


def test_correlator_axis_is_logarithmic_and_shows_the_fit(drawn):
    left, right = drawn["correlator"].axes
    assert left.get_yscale() == "log"
    text = " ".join(t.get_text() for t in right.get_legend().get_texts())
    assert r"\chi^2" in text and "(" in text and "reference" in text


def test_svg_stands_alone(drawn):
    # The other figures are looked at in the page that holds them.
    for name in ("weights", "configurations"):
        svg = figures.to_svg(drawn[name], name, f"Title & {name}", "what <it> shows")
        assert svg.startswith("<svg ") and svg.endswith("</svg>")
        assert "http" not in svg and "<metadata" not in svg and "<script" not in svg
        assert "Title &amp; " in svg and "what &lt;it&gt; shows" in svg
        assert len(svg) < 400_000
        defined = re.findall(r'\bid="([^"]*)"', svg)
        assert len(set(defined)) == len(defined)
        used = re.findall(r'(?:href="#|url\(#)([^")]*)', svg)
        assert set(used) <= set(defined)


def test_svg_is_the_same_every_time(run):
    metrics = run.training_metrics()
    one, other = (
        figures.to_svg(figures.training_curves(metrics), "t", "title", "text") for _ in range(2)
    )
    assert one == other


def test_spectrum_of_a_free_field_is_the_propagator():
    rng = np.random.default_rng(1)
    spectrum = figures.spectrum_of(free_fields(rng, (8, 6), 4000))
    exact = 1 / (spectrum.khat2 + MASS2)
    pulls = (spectrum.value - exact) / spectrum.error
    assert np.abs(pulls).max() < 4.5
    assert 0.5 < np.mean(pulls**2) < 1.8
    pole_mass = 2 * np.arcsinh(np.sqrt(MASS2) / 2)
    assert figures.free_spectrum(spectrum.khat2, pole_mass, 1 / MASS2) == pytest.approx(exact)


def test_large_lattices_share_shells():
    rng = np.random.default_rng(1)
    spectrum = figures.spectrum_of(rng.normal(size=(2, 32, 32)))
    assert spectrum.khat2.size <= 40
    assert spectrum.khat2[0] == 0 and (np.diff(spectrum.khat2) > 0).all()


def test_a_single_configuration_has_no_error():
    spectrum = figures.spectrum_of(np.ones((1, 4, 4)))
    assert spectrum.value[0] == pytest.approx(16.0)
    assert np.isnan(spectrum.error).all()
    figures.power_spectrum({"one": spectrum})


def test_plateau_starts_earlier_where_noise_takes_over():
    clear = np.full(16, 1e-9)
    assert plateau_window(np.ones(16), clear) == (4, 8)
    t = np.minimum(np.arange(32), 32 - np.arange(32))
    first, last = plateau_window(np.exp(-t / 1.0), np.full(32, 0.002))
    assert 1 <= first <= last <= 4
    assert plateau_window(np.zeros(8), np.ones(8)) == (1, 1)


@pytest.mark.parametrize("shape", [(12,), (6, 4), (4, 4, 3), (3, 4, 2, 2)])
def test_configurations_of_any_dimension(shape):
    rng = np.random.default_rng(0)
    fields = {"flow": rng.normal(size=(7, *shape)), "hmc": rng.normal(size=(2, *shape))}
    figure = figures.configurations(fields)
    if len(shape) > 1:
        limits = {axes.images[0].get_clim() for axes in figure.axes if axes.images}
        assert len(limits) == 1
    figures.to_svg(figure, "c", "title", "text")


def test_layers_follow_one_field_on_common_scales(run, drawn):
    view = run.layers()
    figure = drawn["layers"]
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    maps, histograms, correlators = (panels[3 * row : 3 * row + 3] for row in range(3))
    assert [axes.get_title(loc="center") for axes in maps] == [
        "prior: normal",
        "1. psd",
        "2. affine-coupling",
    ]
    for axes, field in zip(maps, view.fields["field"], strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), field)
    assert len({axes.images[0].get_clim() for axes in maps}) == 1
    for row in (histograms, correlators):
        assert len({(axes.get_xlim(), axes.get_ylim()) for axes in row}) == 1
    assert correlators[0].get_yscale() == "log"
    # The normal density is seen in the first histogram, whose area is one.
    stairs = histograms[0].patches[0].get_data()
    centres = (stairs.edges[1:] + stairs.edges[:-1]) / 2
    normal = np.exp(-(centres**2) / 2) / np.sqrt(2 * np.pi)
    assert np.sum(stairs.values * np.diff(stairs.edges)) == pytest.approx(1)
    assert np.abs(stairs.values - normal).max() < 0.02
    # White noise has C(0) only; the other points are limits.
    seen = [np.isfinite(axes.lines[0].get_ydata()).sum() for axes in correlators]
    assert seen[0] <= 2 and seen[1] == seen[2] == 5
    limits = [line for line in correlators[0].lines if line.get_marker() == "v"]
    assert limits and limits[0].get_ydata().size >= 3


@pytest.mark.parametrize("shape", [(12,), (4, 6), (4, 4, 3)])
@pytest.mark.parametrize("stages", [2, 9])
def test_layers_of_any_dimension_and_number(shape, stages):
    names = ("normal", *(f"flow${n}" for n in range(1, stages)))
    view = layer_view(np.random.default_rng(0), shape, names, number=32)
    figure = figures.layers(view)
    titles = [" ".join(axes.get_title(loc="center").split()) for axes in figure.axes]
    shown = [title for title in titles if title]
    assert len(shown) == min(stages, 6)
    assert shown[0] == "prior: normal" and shown[-1].startswith(f"{stages - 1}. ")
    figures.to_svg(figure, "l", "title", "text")


def test_missing_sign_is_said_in_the_figure():
    m = np.abs(np.random.default_rng(0).normal(1.0, 0.1, (4, 200)))
    figure = figures.magnetisation({"stuck": m})
    said = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "one sign is missing" in said
    healthy = figures.magnetisation({"fine": m * np.array([[1], [-1], [1], [-1]])})
    assert not [text for axes in healthy.axes for text in axes.texts]


def test_unusual_numbers_can_be_drawn():
    loss = np.array([3.0, np.nan, 1.0, 0.5] * 100)
    figures.training_curves({"loss": loss, "ess": np.full(400, np.nan)}, 0.0)
    figures.training_curves({"loss": np.full(3, 1.0)}, -1.0)
    equal = np.full(100, -3.0)
    figures.weights(equal, -equal, 0.0)
    bad = np.where(np.arange(100) % 10 == 0, np.inf, 3.0) + np.arange(100) * 0.01
    figures.weights(np.linspace(-4, -3, 100), bad)
    figures.energy_violation({"exact": np.zeros((2, 50))})
    result = gamma_method(np.ones((2, 50)))
    figures.autocorrelation({"stuck": {"m": result}})
    assert np.isinf(figures.mean_exponential(np.full((2, 50), -1e4)).value)


@pytest.mark.parametrize(("last", "scale"), [(0.001, "log"), (1.0, "linear"), (-0.001, "linear")])
def test_a_positive_loss_that_falls_by_decades_has_a_logarithmic_axis(last, scale):
    loss = np.append(np.full(30, 3.0), last)
    figure = figures.training_curves({"loss": loss, "ess": np.ones(31)}, loss=r"Var$(\log w)$")
    assert figure.axes[0].get_yscale() == scale


def test_a_hopeless_energy_violation_is_drawn_too():
    values = np.array([1.0, -1.0]) * np.geomspace(1, 1e250, 100)[:, None]
    figures.energy_violation({"hopeless": values})


def test_names_with_dollar_signs_are_not_mathematics():
    m = np.random.default_rng(0).normal(size=(2, 50))
    figures.to_svg(figures.magnetisation({"a$b_c$^": m}), "m", "title", "text")
