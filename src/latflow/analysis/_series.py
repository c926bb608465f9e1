"""What counts as the series of Markov chains: arrays, lists, chains of unequal length, gaps."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Real
from scipy import signal

# A masked array is one too: what is masked was not recorded.
Series = Real[np.ndarray, "chains samples *observables"] | Sequence[Any]


class Layout(NamedTuple):
    """Which samples there are, and in how many pairs.

    Attributes:
        chains: how many chains.
        samples: length of the longest one, gaps included.
        n_total: samples in all chains together.
        pairs: pairs of samples of one chain that are t steps apart, t = 0 … samples − 1.
        present: which samples were recorded; ``None`` for all of them.
    """

    chains: int
    samples: int
    n_total: int
    pairs: Float[np.ndarray, " samples"]
    present: Bool[np.ndarray, "chains samples"] | None


def as_array(series: Series) -> Real[np.ndarray, "chains samples *observables"]:
    """The series as one array; masked where chains end early or have gaps.

    Raises:
        ValueError: it is none: complex, not of numbers, or of a wrong number of dimensions.
    """
    if not isinstance(series, np.ndarray):
        series = _joined(series)
    if np.iscomplexobj(series):
        raise ValueError("series must be real: take real and imaginary parts one by one")
    if series.dtype.kind not in "biuf":
        raise ValueError(f"series must be numbers, got an array of {series.dtype}")
    if series.ndim not in (2, 3):
        raise ValueError(f"series must be (chains, samples[, observables]), got {series.shape}")
    if np.ma.is_masked(series):
        return series
    return np.asarray(series)


def layout_of(series: Real[np.ndarray, "chains samples *observables"]) -> Layout:
    """Which samples there are; all observables of a configuration are, or none.

    Raises:
        ValueError: some observables of a configuration are masked and some are not, or gaps
            leave no neighbouring samples.
    """
    chains, samples = series.shape[:2]
    lags = np.arange(samples)
    if not np.ma.is_masked(series):
        return Layout(chains, samples, chains * samples, chains * (samples - lags) * 1.0, None)
    missing = np.ma.getmaskarray(series).reshape(chains, samples, -1)
    if (missing.any(axis=2) != missing.all(axis=2)).any():
        raise ValueError("a gap must be one in all observables: mask all or none of them")
    present = ~missing[..., 0]
    ones = present.astype(np.float64)
    pairs = sum(signal.correlate(row, row, method="auto")[samples - 1 :] for row in ones)
    pairs = np.rint(pairs)
    if samples > 1 and pairs[1] == 0:
        raise ValueError("no two neighbouring samples are there: leave the gaps out of the series")
    return Layout(chains, samples, int(present.sum()), pairs, present)


def _joined(series: Sequence[Any]) -> np.ndarray:
    """One array of a list of chains, masked beyond the ends of shorter ones."""
    chains = [np.ma.asarray(chain) if np.ma.isMA(chain) else np.asarray(chain) for chain in series]
    if not chains:
        raise ValueError("an error needs at least two samples, got no chain")
    if len({chain.shape[1:] for chain in chains}) > 1 or chains[0].ndim == 0:
        shapes = ", ".join(str(chain.shape) for chain in chains[:5])
        raise ValueError(f"every chain must be (samples[, observables]), got {shapes}")
    longest = max(chain.shape[0] for chain in chains)
    if all(chain.shape[0] == longest and not np.ma.is_masked(chain) for chain in chains):
        return np.stack([np.asarray(chain) for chain in chains])
    kind = np.result_type(*chains)
    shape = (len(chains), longest, *chains[0].shape[1:])
    joined = np.ma.array(np.zeros(shape, kind), mask=np.ones(shape, dtype=bool))
    for row, chain in zip(joined, chains, strict=True):
        row[: chain.shape[0]] = chain
    return joined
