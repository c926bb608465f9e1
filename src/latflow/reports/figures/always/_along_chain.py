"""Series from the first transition on: warm-up and samples on one axis, averaged over stretches."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from latflow.reports.data import ChainReport

_STRETCHES = 48


class Along(NamedTuple):
    """A series of all chains of a block, warm-up first.

    Attributes:
        transition: after which a value was taken, counted from the start of the chains.
        values: of all chains.
        warm_up: transitions of the warm-up.
    """

    transition: Float[np.ndarray, " points"]
    values: Float[np.ndarray, "chains points"]
    warm_up: int


class Stretches(NamedTuple):
    """Averages over stretches of a series, and over chains.

    Attributes:
        transition: middle of each stretch.
        mean: of all finite values in it.
        error: from the scatter of the chains' own means; NaN for one chain.
        low, high: quantiles 16 % and 84 % of all values in it.
    """

    transition: Float[np.ndarray, " stretches"]
    mean: Float[np.ndarray, " stretches"]
    error: Float[np.ndarray, " stretches"]
    low: Float[np.ndarray, " stretches"]
    high: Float[np.ndarray, " stretches"]


def slow_along(chain: ChainReport, name: str) -> Along | None:
    """A slow series of a chain from the first transition on; ``None`` if it was not recorded."""
    samples = chain.slow_series.get(name)
    if samples is None:
        return None
    return _joined(chain, chain.warm_up.series.get(name), samples)


def info_along(chain: ChainReport, name: str) -> Along | None:
    """What the kernel reports from the first transition on; ``None`` if it does not."""
    samples = chain.infos.get(name)
    if samples is None:
        return None
    return _joined(chain, chain.warm_up.infos.get(name), np.asarray(samples, dtype=np.float64))


def stretches(along: Along, logarithmic: bool) -> Stretches:
    """Averages over stretches of equal length, or of equal length in the logarithm.

    Args:
        along: the series.
        logarithmic: which of the two.
    """
    t = along.transition
    if logarithmic:
        edges = np.geomspace(0.999 * t[0], 1.001 * t[-1], _STRETCHES + 1)
    else:
        edges = np.linspace(0.0, 1.001 * t[-1], _STRETCHES + 1)
    place = np.clip(np.searchsorted(edges, t) - 1, 0, _STRETCHES - 1)
    rows = [_stretch(t[place == k], along.values[:, place == k]) for k in np.unique(place)]
    return Stretches(*np.array([row for row in rows if row is not None]).reshape(-1, 5).T)


def _stretch(
    t: Float[np.ndarray, " inside"], values: Float[np.ndarray, "chains inside"]
) -> tuple[float, ...] | None:
    finite = np.isfinite(values)
    if not finite.any():
        return None
    counts = finite.sum(axis=1)
    own = np.where(finite, values, 0.0).sum(axis=1)[counts > 0] / counts[counts > 0]
    error = float(own.std(ddof=1)) / np.sqrt(own.size) if own.size > 1 else np.nan
    low, high = np.quantile(values[finite], (0.1587, 0.8413))
    return float(t.mean()), float(values[finite].mean()), error, float(low), float(high)


def _joined(
    chain: ChainReport,
    before: Float[np.ndarray, "chains before"] | None,
    samples: Float[np.ndarray, "chains samples"],
) -> Along:
    t = chain.warm_up_steps + chain.thin * np.arange(1, samples.shape[1] + 1)
    if before is None or before.shape[0] != samples.shape[0]:
        return Along(t.astype(float), samples, chain.warm_up_steps)
    early = chain.warm_up.every * np.arange(1, before.shape[1] + 1)
    values = np.concatenate([before.astype(np.float64), samples], axis=1)
    return Along(np.concatenate([early, t]).astype(float), values, chain.warm_up_steps)
