"""Replica exchange: from which replica to which the fields go, and how they walk."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.look import WIDTH, new_figure, series_styles, styled
from latflow.reports.text import plain_text, value_with_error
from latflow.sampling import Walks, walks

# Of more there are no numbers in the cells, and of more chains no rows.
_MOST_NUMBERS, _MOST_ROWS = 6, 3
_WALKERS = 3
# Samples that are shown: enough for some round trips, as far as lines can be told apart.
_FEWEST, _MOST = 60, 1000
_DARK = 0.6


@styled
def replica_walks(of_chains: Mapping[str, Walks]) -> Figure:
    """The matrix of moves between replicas, and the walks of a few fields, chain by chain.

    Args:
        of_chains: by name.
    """
    figure = new_figure(WIDTH, 2.9 * len(of_chains))
    grid = figure.subplots(len(of_chains), 2, squeeze=False, width_ratios=(1, 1.6))
    for (name, one), (left, right) in zip(of_chains.items(), grid, strict=True):
        _matrix(figure, left, one)
        _walks(right, one)
        left.set_title(f"{plain_text(name)}: moves in one sample")
        right.set_title(f"{plain_text(name)}: fields of one ladder")
    return figure


def _matrix(figure: Figure, axes: Axes, one: Walks) -> None:
    count = len(one.moves)
    image = axes.imshow(one.moves, cmap="Blues", vmin=0, vmax=1, origin="lower")
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02)
    bar.set_label("probability")
    bar.outline.set_linewidth(0.5)  # pyright: ignore[reportCallIssue]
    if count <= _MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(one.moves):
            if value > 0:
                text = value_with_error(value, float(one.moves_error[row, column]), 1)
                colour = "white" if value > _DARK else "black"
                axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
        axes.set(xticks=range(count), yticks=range(count))
    axes.grid(False)
    axes.set(xlabel="replica one sample later", ylabel="replica before")


def _walks(axes: Axes, one: Walks) -> None:
    places = one.places[_busiest(one.places)]
    shown = places[: _window(places)]
    count = places.shape[1]
    # From the far end, the middle and the target, as they stood at first.
    first = np.argsort(shown[0])
    chosen = first[np.unique(np.linspace(0, count - 1, min(_WALKERS, count)).round().astype(int))]
    styles = series_styles(str(walker) for walker in chosen)
    for walker in chosen:
        style = styles[str(walker)]
        axes.plot(shown[:, walker], color=style.colour, linestyle=style.dash, linewidth=0.9)
    axes.set(
        xlabel="sample",
        ylabel="replica",
        ylim=(-0.3, count - 0.7),
        xlim=(0, max(1, len(shown) - 1)),
    )
    if count <= 2 * _MOST_NUMBERS:
        axes.set_yticks(range(count))


def _busiest(places: Int[np.ndarray, "chains samples walkers"]) -> int:
    """The chain whose fields change places most often: where anything can be seen, it is there."""
    return int(np.argmax((np.diff(places, axis=1) != 0).sum(axis=(1, 2))))


def _window(places: Int[np.ndarray, "samples walkers"]) -> int:
    """Samples in which every field leaves one end and reaches the other some times."""
    count = places.shape[1]
    crossings = 0
    for walk in places.T:
        ends = walk[(walk == 0) | (walk == count - 1)]
        crossings += int((np.diff(ends) != 0).sum())
    if not crossings:
        return min(len(places), _MOST)
    time = len(places) * count / crossings
    return min(len(places), int(np.clip(6 * time, _FEWEST, _MOST)))


class ReplicaWalksFigure(FigurePart):
    """How the fields of replica exchange walk."""

    name = "replica-walks"
    title = "Swaps and walks of replicas"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of chains whose infos say where every field was."""
        found = {
            chain.name: one
            for chain in report.chains
            if (one := walks(chain.infos, chain.thin)) is not None
        }
        found = dict(list(found.items())[:_MOST_ROWS])
        if not found:
            return None
        caption = Markup(
            "<b>Left:</b> how likely the field at a replica (row, from 0, the far end, to the "
            "target at the top) is at another one (column) one sample later, after swaps of even "
            "and then of odd pairs; where there is little beside the diagonal, the ladder is cut "
            "in two. Errors in units of the last digit, from means of whole chains or of blocks. "
            "<b>Right:</b> replicas that three fields pass, of the ladder whose fields move most; "
            "a field brings something new to the target after it has been at the far end."
        )
        return Drawing(replica_walks(found), caption)
