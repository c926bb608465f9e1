"""The figures of a report, each with a caption that says what to look for."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.analysis import Estimate
from latflow.reports import figures
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures import (
    CorrelatorCurves,
    SeriesStyle,
    layer_target,
    series_styles,
    to_svg,
)
from latflow.reports.judgement import break_even, sample_cost
from latflow.reports.page import _captions as captions

# Configurations of a spectrum; more add nothing that the eye could see.
_MOST_CONFIGURATIONS = 4096


class Section(NamedTuple):
    """A figure of the page; ``svg`` is empty where ``caption`` says why there is none."""

    identifier: str
    title: str
    svg: Markup
    caption: Markup


def sections(report: RunReport) -> list[Section]:
    """All figures that a run allows, in the order of the page."""
    makers: tuple[Callable[[RunReport], Iterator[Section]], ...] = (
        _training,
        _weights,
        _layers,
        _magnetisation,
        _correlator_and_spectrum,
        _configurations,
        _autocorrelation,
        _energy_violation,
        _cost,
    )
    return [section for maker in makers for section in maker(report)]


def _training(report: RunReport) -> Iterator[Section]:
    loss = report.metrics.get("loss")
    if loss is None or not np.isfinite(loss).any():
        return
    smallest = report.smallest_loss
    log_z = None if smallest is None else -smallest
    symbol = report.loss.symbol
    figure = figures.training_curves(report.metrics, log_z, symbol)
    yield _section("training", "Training", figure, captions.training(report))


def _weights(report: RunReport) -> Iterator[Section]:
    samples = report.evaluation
    if not {"log_prob", "action"} <= set(samples):
        return
    usable = np.isfinite(samples["action"]) & np.isfinite(samples["log_prob"])
    if usable.sum() < 2:
        return
    figure = figures.weights(samples["log_prob"], samples["action"], report.log_normalisation)
    yield _section("weights", "Weights of the flow", figure, captions.weights(usable.size))


def _layers(report: RunReport) -> Iterator[Section]:
    view = report.layers
    # A model without layers is its prior: there is nothing to follow.
    if view is None or len(view.names) < 2 or not _usable(view.fields):
        return
    if not np.isfinite(view.two_point).all():
        return
    target = layer_target(report)
    figure = figures.layers(view, target)
    text = captions.layers(view, None if target is None else target.name)
    yield _section("layers", "Layer by layer", figure, text)


def _magnetisation(report: RunReport) -> Iterator[Section]:
    series = _finite(report, "m")
    if series:
        figure = figures.magnetisation(series, styles=_styles(report))
        yield _section("magnetisation", "Magnetisation", figure, captions.magnetisation())


def _correlator_and_spectrum(report: RunReport) -> Iterator[Section]:
    curves = {
        name: figures.correlator_curves(values)
        for name, values in _finite(report, "two_point").items()
        if values.shape[2] >= 4
    }
    if curves:
        figure = figures.correlator(curves, _reference_mass(report), styles=_styles(report))
        yield _section("correlator", "Correlator and pole mass", figure, captions.correlator())
    stored = {
        chain.name: chain.configurations[:_MOST_CONFIGURATIONS]
        for chain in report.chains
        if _usable(chain.configurations)
    }
    if stored:
        spectra = {name: figures.spectrum_of(fields) for name, fields in stored.items()}
        free = _free_field(report, curves)
        figure = figures.power_spectrum(spectra, free, styles=_styles(report))
        numbers = {name: len(fields) for name, fields in stored.items()}
        text = captions.power_spectrum(numbers, free is not None)
        yield _section("spectrum", "Power spectrum", figure, text)


def _configurations(report: RunReport) -> Iterator[Section]:
    fields = {}
    proposals = report.evaluation.get("fields")
    if proposals is not None and _usable(proposals):
        fields["model, unweighted"] = proposals
    for chain in report.chains:
        if _usable(chain.configurations):
            fields[chain.name] = chain.configurations
    if fields:
        figure = figures.configurations(fields, styles=_styles(report))
        text = captions.configurations(len(report.shape))
        yield _section("configurations", "Configurations", figure, text)


def _autocorrelation(report: RunReport) -> Iterator[Section]:
    results = {chain.name: chain.memory for chain in report.chains if chain.memory}
    if results:
        figure = figures.autocorrelation(results, styles=_styles(report))
        thin = {chain.name: chain.thin for chain in report.chains if chain.thin > 1}
        text = captions.autocorrelation(thin)
        yield _section("autocorrelation", "Autocorrelation", figure, text)


def _energy_violation(report: RunReport) -> Iterator[Section]:
    chains = [
        chain
        for chain in report.chains
        if "delta_h" in chain.infos and np.isfinite(chain.infos["delta_h"]).any()
    ]
    if chains:
        exponentials = {chain.name: _mean_exponential(chain) for chain in chains}
        series = {chain.name: np.asarray(chain.infos["delta_h"]) for chain in chains}
        figure = figures.energy_violation(series, exponentials, styles=_styles(report))
        thin = {chain.name: chain.thin for chain in chains if chain.thin > 1}
        text = captions.energy_violation(thin)
        yield _section("energy", "Energy violation", figure, text)


def _cost(report: RunReport) -> Iterator[Section]:
    result = break_even(report)
    if result is None:
        return
    lines = {}
    for chain in report.chains:
        cost = sample_cost(chain)
        if cost is not None:
            fixed = result.training_seconds if chain.uses_model else 0.0
            lines[chain.name] = figures.CostLine(fixed, cost.seconds, cost.error)
    crossing = result.samples if result.outcome == "pays off" else None
    figure = figures.break_even(lines, crossing, styles=_styles(report))
    yield _section("cost", "Cost and break-even", figure, captions.cost())


def _section(identifier: str, title: str, figure: Figure, caption: Markup) -> Section:
    svg = to_svg(figure, identifier, title, caption.striptags())
    return Section(identifier, title, Markup(svg), caption)


def _styles(report: RunReport) -> dict[str, SeriesStyle]:
    """A chain looks the same in all figures, whether or not it is in each of them."""
    return series_styles(chain.name for chain in report.chains)


def _finite(report: RunReport, name: str) -> dict[str, np.ndarray]:
    found = {chain.name: chain.measurements.get(name) for chain in report.chains}
    return {k: v for k, v in found.items() if v is not None and np.isfinite(v).all()}


def _usable(fields: np.ndarray) -> bool:
    """Whether these are configurations of real numbers that can be drawn."""
    return (
        fields.ndim >= 2
        and fields.size > 0
        and np.issubdtype(fields.dtype, np.floating)
        and bool(np.isfinite(fields).all())
    )


def _reference_mass(report: RunReport) -> Estimate | None:
    reference = report.references.get("mpL")
    if reference is None:
        return None
    extent = max(report.shape)
    return Estimate(reference.value / extent, reference.error / extent)


def _free_field(
    report: RunReport, curves: dict[str, CorrelatorCurves]
) -> tuple[float, float] | None:
    """Pole mass and susceptibility from the chain that knows the mass best."""
    candidates = []
    for chain in report.chains:
        fit = curves[chain.name].fit if chain.name in curves else None
        chi2 = chain.observables.get("chi2")
        if fit is not None and chi2 is not None and fit.mass > 0 and math.isfinite(chi2.value):
            candidates.append((fit.error, fit.mass, chi2.value))
    if not candidates:
        return None
    _, mass, susceptibility = min(candidates)
    return mass, susceptibility


def _mean_exponential(chain: ChainReport) -> Estimate:
    # The kernel's own e^{−ΔH} is right for thinned chains too, where ΔH is an average.
    known = chain.observables.get("exp_minus_delta_h")
    if known is not None:
        return Estimate(known.value, known.error)
    return figures.mean_exponential(chain.infos["delta_h"])
