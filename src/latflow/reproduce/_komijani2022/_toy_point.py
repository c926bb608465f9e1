"""A simulation of the toy model at one sigma, in so many blocks."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from latflow.analysis import Estimate
from latflow.reproduce._komijani2022._toy_model import toy_simulation, toy_tau_int

# The lags of an autocorrelation function: close by, and up to where it has decayed.
_LAGS, _NEAR, _FAR = 8.0, 100.0, 600.0
_POINTS = 20
_WINDOW = 30.0
_REPLICAS_AT_ONCE = 250


class ToyPoint(NamedTuple):
    """The toy model at one sigma with so many blocks; time counts substeps.

    Attributes:
        sigma: standard deviation of log(q/p).
        blocks: number of blocks.
        acceptance: of a substep.
        tau_int: of y, summed up to thirty times the exact one; NaN where the series is too short.
        lags: in substeps.
        autocorrelation: of y at the lags, over the exact variance.
        error: its standard error, from independent replicas.
    """

    sigma: float
    blocks: int
    acceptance: Estimate
    tau_int: Estimate
    lags: Int[np.ndarray, " lags"]
    autocorrelation: Float[np.ndarray, " lags"]
    error: Float[np.ndarray, " lags"]


def toy_point(sigma: float, blocks: int, substeps: int, replicas: int, seed: int) -> ToyPoint:
    """Simulate, from equilibrium: then every substep counts, however slow the chain.

    Args:
        sigma: standard deviation of log(q/p).
        blocks: number of blocks.
        substeps: proposals per replica.
        replicas: independent replicas.
        seed: of the recipe.
    """
    random = np.random.default_rng([seed, round(1000 * sigma), blocks])
    series = toy_simulation(sigma, substeps, replicas, random, blocks)
    tau = toy_tau_int(sigma, blocks)
    reach = min(_LAGS * tau, substeps / 2)
    near, far = (np.linspace(0, min(reach, most), _POINTS) for most in (_NEAR, _FAR))
    lags = np.unique(np.concatenate([near, far]).round().astype(int))
    # Mean and variance are known: no bias from estimating them.
    centred = (series.y + sigma**2) / sigma
    products = [
        _mean((centred[:, : substeps - lag] * centred[:, lag:]).mean(axis=1)) for lag in lags
    ]
    return ToyPoint(
        sigma,
        blocks,
        _mean(series.accepted.mean(axis=1)),
        _tau_int(centred, round(_WINDOW * tau)),
        lags,
        np.array([product.value for product in products]),
        np.array([product.error for product in products]),
    )


def _tau_int(centred: Float[np.ndarray, "replicas substeps"], window: int) -> Estimate:
    """1/2 plus the autocorrelation up to a lag, for a series of known mean 0 and variance 1.

    The memory is far from exponential, and rare long stops make most of its tail: an automatic
    window would cut it off, and errors are honest only if they come from independent replicas.
    """
    substeps = centred.shape[1]
    if window > substeps // 2:
        return Estimate(float("nan"), float("nan"))
    pairs = substeps - np.arange(1, window + 1)
    parts = []
    for first in range(0, len(centred), _REPLICAS_AT_ONCE):
        # Padded with zeros, so that nothing wraps around.
        modes = np.fft.rfft(centred[first : first + _REPLICAS_AT_ONCE], 2 * substeps)
        products = np.fft.irfft(np.abs(modes) ** 2, 2 * substeps)[:, 1 : window + 1]
        parts.append(0.5 + (products / pairs).sum(axis=1))
    return _mean(np.concatenate(parts))


def _mean(values: Float[np.ndarray, " replicas"]) -> Estimate:
    """Mean over independent replicas."""
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)))
