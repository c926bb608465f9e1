"""Replica exchange: how likely the swaps are, where the replicas stand, and log Z between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.analysis import Estimate
from latflow.reports.data import RunReport, number
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.look import (
    GREY,
    WIDTH,
    Styles,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text, value_with_error


@dataclass(frozen=True)
class LadderCurves:
    """What the figure shows of one chain.

    Attributes:
        positions: of the replicas, from 0 (the far end) to 1 (the target).
        swaps: mean probability of a swap between neighbours, with errors.
        log_z: log Z of every replica but the first minus that of the one before, with errors;
            ``None`` where works were averaged.
        samples_per_round_trip: with error; NaN where there was none.
    """

    positions: Float[np.ndarray, " replicas"]
    swaps: Float[np.ndarray, "pairs 2"]
    log_z: Float[np.ndarray, "pairs 2"] | None
    samples_per_round_trip: Estimate


@styled
def replica_exchange(curves: Mapping[str, LadderCurves], *, styles: Styles | None = None) -> Figure:
    """Probabilities of swaps, and the slope of log Z, along the ladder.

    Args:
        curves: by chain.
        styles: colours by chain, where they are to be as in other figures.
    """
    styles = series_styles(curves, styles)
    figure = new_figure(WIDTH, 2.9)
    left, right = figure.subplots(1, 2)
    for name, ladder in curves.items():
        style = styles[name]
        widths = np.diff(ladder.positions)
        trips, (swaps, swap_errors) = ladder.samples_per_round_trip, ladder.swaps.T
        words = "no round trip"
        if np.isfinite(trips.value):
            words = f"{value_with_error(trips.value, trips.error)} samples per round trip"
        left.stairs(swaps, ladder.positions, color=style.colour, baseline=None)
        left.errorbar(
            ladder.positions[:-1] + widths / 2,
            swaps,
            swap_errors,
            linestyle="none",
            marker=style.marker,
            color=style.colour,
            label=f"{plain_text(name)}: {words}",
        )
        left.plot(
            ladder.positions,
            np.zeros_like(ladder.positions),
            linestyle="none",
            marker="|",
            markersize=9,
            color=style.colour,
        )
        if ladder.log_z is not None:
            steps, errors = ladder.log_z.T
            right.errorbar(
                ladder.positions[:-1] + widths / 2,
                steps / widths,
                errors / widths,
                widths / 2,
                linestyle="none",
                marker=style.marker,
                color=style.colour,
                label=plain_text(name),
            )
    left.axhline(0, color=GREY, linewidth=0.8)
    left.set(xlabel="$t$", ylabel="probability of a swap", ylim=(-0.04, 1.04), xlim=(-0.02, 1.02))
    right.set(xlabel="$t$", ylabel=r"$\Delta\log Z\,/\,\Delta t$", xlim=(-0.02, 1.02))
    left.legend(loc="best")
    return figure


class ReplicaExchangeFigure(FigurePart):
    """The ladders of all chains of replica exchange."""

    name = "replica-exchange"
    title = "Replica exchange"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of chains whose summary has findings about swaps."""
        curves = {}
        for chain in report.chains:
            of_chain = (report.summary.get("chains") or {}).get(chain.name) or {}
            findings = of_chain.get("findings") or {}
            if "swap_acceptance" in findings:
                curves[chain.name] = _curves(findings, _positions(report, chain.name, chain.tuned))
        if not curves:
            return None
        caption = Markup(
            "Left: mean probability of a swap between neighbours on the ladder from the far end "
            "(<i>t</i> = 0) to the target (<i>t</i> = 1); strokes are the replicas. A field makes "
            "a round trip when it goes from the target to the far end and back. Right: the slope "
            "of log <i>Z</i> along the ladder, by Bennett's acceptance ratio."
        )
        return Drawing(replica_exchange(curves, styles=styles_of(report)), caption)


def _positions(report: RunReport, name: str, tuned: Mapping[str, float]) -> list[float]:
    blocks = {block.get("name"): block for block in report.config.get("chains", ())}
    given = (blocks[name].get("ladder") or {}).get("positions")
    if given:
        return list(given)
    numbers = (int(key.removeprefix("position_")) for key in tuned if key.startswith("position_"))
    inside = [tuned[f"position_{number}"] for number in sorted(numbers) if number > 0]
    # On the path of an annealed model the first replica need not stand at its very beginning.
    return [tuned.get("position_0", 0.0), *inside, 1.0]


def _curves(findings: Mapping[str, Any], positions: list[float]) -> LadderCurves:
    steps = findings.get("log_z_steps")
    swaps = findings["swap_acceptance"]
    errors = findings.get("swap_acceptance_error") or [np.nan] * len(swaps)
    names = ("samples_per_round_trip", "samples_per_round_trip_error")
    log_z = None
    if steps is not None and all(step["error"] is not None for step in steps):
        log_z = np.array([[step["value"], step["error"]] for step in steps])
    return LadderCurves(
        np.array(positions),
        np.array([swaps, errors], dtype=float).T,
        log_z,
        Estimate(*(number(findings.get(name)) for name in names)),
    )
