"""How long to run: from a pilot to thinning, warm-up and the number of samples.

Wolff's error of an autocorrelation time is d tau / tau = 2 sqrt((W + 1/2 - tau) / N), so that a
relative error r needs N of about 20 tau / r^2 steps, about 22,000 tau for 3 %. The numbers here
are functions of measured autocorrelation times only, hence the same for the same seed.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from latflow.analysis import gamma_method

SEGMENT = 200
"""Samples per chain and file. Lengths are multiples of it, so that each compiles once."""

SHORTEST = 2 * SEGMENT
"""Fewest samples per chain: a first segment with compilation, and one to take the time of."""

_PILOT_TAUS_PER_CHAIN = 10
_PILOT_TAUS = 300
_WARM_UP_TAUS = 20
_SHORTEST_WARM_UP = 500
# Sampling tau at intervals of tau/5 overrates it by (1/5)^2 / 12 = 0.3 %.
_SAMPLES_PER_TAU = 5
_MARGIN = 1.1
_LARGEST_GROWTH = 8.0


class Slowness(NamedTuple):
    """Autocorrelation times of what is slow, in units of stored samples.

    Attributes:
        tau: the largest; 0 where nothing moves.
        error: its statistical error.
        fastest: the smallest.
        n_samples: samples per chain.
        n_chains: number of chains.
        saturated: whether the chains are too short for an automatic window, or nothing moves.
    """

    tau: float
    error: float
    fastest: float
    n_samples: int
    n_chains: int
    saturated: bool

    @property
    def relative_error(self) -> float:
        """Of the largest; infinite where the chains are too short to tell."""
        return math.inf if self.saturated or not self.tau > 0 else self.error / self.tau


def slowness(series: Sequence[Float[np.ndarray, "chains samples"]]) -> Slowness:
    """Measure how slow a chain is.

    A series that never changes has no autocorrelation time, whatever the length: the others
    decide, and the run's summary says that it is frozen.

    Args:
        series: of everything that is slow, one value per configuration; one at least.
    """
    results = [gamma_method(each) for each in series if not is_frozen(each)]
    n_chains, n_samples = series[0].shape
    if not results:
        return Slowness(0.0, 0.0, 0.0, n_samples, n_chains, saturated=True)
    slowest = max(results, key=lambda result: result.tau_int)
    return Slowness(
        tau=float(slowest.tau_int),
        error=float(slowest.tau_int_error),
        fastest=float(min(result.tau_int for result in results)),
        n_samples=n_samples,
        n_chains=n_chains,
        saturated=any(result.window_saturated for result in results),
    )


def is_frozen(series: Float[np.ndarray, "chains samples"]) -> bool:
    """Whether no chain ever changed its value."""
    return bool(np.all(series == series[:, :1]))


def longer_pilot(pilot: Slowness) -> int:
    """Samples per chain that a pilot should have; no more than it has where that will do."""
    per_chain = max(_PILOT_TAUS_PER_CHAIN, _PILOT_TAUS / pilot.n_chains) * pilot.tau
    if pilot.saturated:
        per_chain = max(per_chain, 2.0 * pilot.n_samples)
    return max(pilot.n_samples, _whole_segments(per_chain))


def thinning(pilot: Slowness) -> int:
    """Steps per sample that lose nothing of the fastest observable's autocorrelation."""
    return max(1, int(pilot.fastest / _SAMPLES_PER_TAU))


def warm_up_length(pilot: Slowness) -> int:
    """Steps of warm-up after which no memory of the start is left."""
    return max(_SHORTEST_WARM_UP, math.ceil(_WARM_UP_TAUS * pilot.tau))


def first_length(pilot: Slowness, thin: int, target_error: float) -> int:
    """Samples per chain, of ``thin`` steps each, that should reach the target."""
    growth = (pilot.relative_error / target_error) ** 2
    # A pilot that could not be made long enough says too little to go by.
    steps = pilot.n_samples * (_LARGEST_GROWTH if math.isinf(growth) else growth)
    return max(SHORTEST, _whole_segments(_MARGIN * steps / thin))


def longer(measured: Slowness, target_error: float) -> int:
    """Samples per chain that should reach the target, given what they reached so far."""
    growth = _MARGIN * (measured.relative_error / target_error) ** 2
    growth = min(max(growth, _MARGIN), _LARGEST_GROWTH)
    return _whole_segments(growth * measured.n_samples)


def _whole_segments(samples: float) -> int:
    return SEGMENT * math.ceil(samples / SEGMENT)
