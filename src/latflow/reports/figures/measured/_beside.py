"""Histories of several samplers one below the other, and their distributions beside them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures.look import WIDTH, new_figure

MOST_SAMPLES = 1000
"""How many samples of a history are drawn: more would be a grey bar."""

# The distribution is as high as so many histories at most.
_TALLEST = 3


def beside(n_histories: int) -> tuple[Figure, list[Axes], Axes]:
    """A figure, axes for each history, and axes for the distribution.

    The two columns are laid out apart: what one of them needs leaves no gap in the other.

    Args:
        n_histories: rows on the left.
    """
    figure = new_figure(WIDTH, max(3.3, 0.5 + 1.35 * n_histories))
    columns: Any = figure.subfigures(1, 2, width_ratios=(1.7, 1))
    left, right = columns
    histories = left.subplots(n_histories, 1, sharex=True, squeeze=False).reshape(-1)
    below = n_histories - _TALLEST
    if below <= 0:
        return figure, list(histories), right.subplots(1, 1)
    distribution, nothing = right.subplots(2, 1, height_ratios=(_TALLEST, below))
    nothing.remove()
    return figure, list(histories), distribution


def samples_shown(series: Iterable[Float[np.ndarray, "chains samples"]]) -> int:
    """Samples of every history: the same, so that their memories can be compared by eye."""
    return min(MOST_SAMPLES, *(values.shape[1] for values in series))


def of_how_many(shown: int, n_samples: int) -> str:
    """``, first 1,000 of 2,000 samples``; empty where all are shown."""
    return f", first {shown:,} of {n_samples:,} samples" if shown < n_samples else ""


def which_chains(shown: int, values: Float[np.ndarray, "chains samples"], n_chains: int) -> str:
    """What of a sampler is drawn, in words.

    Args:
        shown: samples.
        values: all of them.
        n_chains: chains that are drawn.
    """
    there, n_samples = values.shape
    chains = "the chain" if n_chains == there == 1 else f"{n_chains} of {there} chains"
    return chains + of_how_many(shown, n_samples)
