"""The figures of a scan: critical slowing down, and what an independent sample costs."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from latflow.reports import value_with_error
from latflow.reports.figures import styled
from latflow.scans._fits import EXTENT, Scaling
from latflow.scans._panels import errorbars, key_of, label, lower_bounds, panels
from latflow.scans._result import PointResult


@styled
def tau_figure(points: Sequence[PointResult], scalings: Sequence[Scaling]) -> Figure:
    """tau_int of all that is slow against L by kernel, with the fitted power laws.

    Arrows are lower bounds, for what never changed.

    Args:
        points: every ensemble with every kernel.
        scalings: their fits; those against L are drawn.
    """
    fits = {(s.kernel, s.observable): s.fit for s in scalings if s.against == EXTENT}
    drawn = panels(points)
    for name, axes in drawn.axes.items():
        keys = []
        for kernel, look in drawn.styles.items():
            own = [p for p in points if p.kernel == kernel and name in p.tau_int]
            frozen = [p for p in points if p.kernel == kernel and name in p.tau_int_at_least]
            fit = fits.get((kernel, name))
            words = drawn.words[kernel]
            if fit is not None:
                z = value_with_error(fit.exponent, fit.exponent_error)
                words += f",\n$z$ = {z}" if "\n" in words else f",  $z$ = {z}"
                extents = [p.extent for p in own]
                x = np.geomspace(0.94 * min(extents), 1.06 * max(extents), 100)
                axes.plot(x, fit.alpha * x**fit.exponent, color=look.colour, linestyle=look.dash,
                          linewidth=1.0)  # fmt: skip
            errorbars(axes, own, [p.tau_int[name] for p in own], look)
            lower_bounds(axes, frozen, [p.tau_int_at_least[name] for p in frozen], look)
            keys.append(key_of(look, words, line=fit is not None))
        axes.set(title=rf"$\tau_{{\mathrm{{int}}}}({drawn.symbols[name].tex})$")
        axes.legend(handles=keys, loc="lower left", bbox_to_anchor=(-0.03, 1.12),
                    borderaxespad=0.0)  # fmt: skip
    label(drawn, points, r"$\tau_{\mathrm{int}}$  [kernel steps]")
    return drawn.figure


@styled
def cost_figure(points: Sequence[PointResult], training_spread: int) -> Figure:
    """Seconds per independent sample for all that is slow against L by kernel.

    Where a flow was trained, full symbols include the training and open ones leave it out.

    Args:
        points: every ensemble with every kernel.
        training_spread: independent samples over which the training is spread.
    """
    drawn = panels(points, lines=1)
    trained = any(point.training_seconds > 0 for point in points)
    for name, axes in drawn.axes.items():
        for kernel, look in drawn.styles.items():
            own = [p for p in points if p.kernel == kernel and name in p.cost]
            total = [p.cost_with_training[name] for p in own]
            axes.plot([p.extent for p in own], [cost.value for cost in total], color=look.colour,
                      linestyle=look.dash, linewidth=0.8)  # fmt: skip
            errorbars(axes, own, total, look)
            if any(p.training_seconds > 0 for p in own):
                errorbars(axes, own, [p.cost[name] for p in own], look, filled=False)
        axes.set(title=f"independent in ${drawn.symbols[name].tex}$")
    title = None
    if trained:
        title = f"full symbols: training spread over {training_spread:,} samples; open: without it"
    keys = [key_of(look, drawn.words[k], line=True) for k, look in drawn.styles.items()]
    drawn.figure.legend(handles=keys, loc="outside upper left", ncols=min(5, len(keys)),
                        title=title, title_fontsize=8, alignment="left")  # fmt: skip
    label(drawn, points, r"$2\,\tau_{\mathrm{int}}\times$ time per step  [s]")
    return drawn.figure
