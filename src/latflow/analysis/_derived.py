"""Functions of several means, with errors by linear propagation of the fluctuations."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Real

from latflow.analysis._gamma import gamma_method
from latflow.analysis._gamma_result import (
    GammaResult,
    exact_result,
    stack_results,
    undefined_result,
)

Function = Callable[[np.ndarray], float | np.ndarray]


def derived_quantity(
    function: Function,
    series: Real[np.ndarray, "chains samples primaries"],
    *,
    gradient: Callable[[np.ndarray], np.ndarray] | None = None,
    s_tau: float = 1.5,
) -> GammaResult:
    """A function of the primary means, with its error and its own autocorrelation time.

    The fluctuations are projected on the gradient, f_i = Σ_α (∂F/∂A_α) a_α,i, and the
    Γ-method is applied to the projection (Wolff, hep-lat/0306017); correlations
    between the primaries are thus included. The O(1/N) bias of F(mean) is far below the
    error for the sample sizes of lattice work and is left in.

    Args:
        function: maps the means, shape (primaries,), to a number or to shape (outputs,).
        series: measured primaries, shape (chains, samples, primaries).
        gradient: maps the means to ∂F/∂A, shape (primaries,) or (outputs, primaries). By
            default, central differences with the naive error of each mean as the step
            (as in UWerr).
        s_tau: see `gamma_method`.

    Returns:
        Scalars for a scalar function, else arrays (outputs,). An output whose value is
        outside its domain (NaN), or whose gradient is, has NaN as its error; no warning.

    Raises:
        ValueError: for wrong shapes or non-finite series.
    """
    if series.ndim != 3:
        raise ValueError(f"series must be (chains, samples, primaries), got {series.shape}")
    n_total = series.shape[0] * series.shape[1]
    means = series.mean(axis=(0, 1), dtype=np.float64)
    if not np.isfinite(means).all():
        raise ValueError("series contains NaN or infinite entries")
    with np.errstate(all="ignore"):
        value = np.asarray(function(means), dtype=float)
        if gradient is None:
            slopes = _numerical_gradient(function, means, _naive_error(series))
        else:
            slopes = np.asarray(gradient(means), dtype=float)
    if value.ndim > 1:
        raise ValueError(f"function must return a number or a vector, got shape {value.shape}")
    if slopes.shape != (*value.shape, means.size):
        expected = (*value.shape, means.size)
        raise ValueError(f"gradient must have shape {expected}, got {slopes.shape}")

    results = []
    for output, slope in zip(value.reshape(-1), slopes.reshape(-1, means.size), strict=True):
        if np.isfinite(output) and not slope.any():
            # It does not depend on what was measured.
            results.append(exact_result(float(output), n_total))
        elif np.isfinite(output) and np.isfinite(slope).all():
            projected = gamma_method(series @ slope, s_tau=s_tau)
            results.append(replace(projected, value=float(output)))
        else:
            results.append(undefined_result(float(output), n_total))
    return results[0] if value.ndim == 0 else stack_results(results)


def _naive_error(
    series: Real[np.ndarray, "chains samples primaries"],
) -> Float[np.ndarray, " primaries"]:
    n_total = series.shape[0] * series.shape[1]
    # One primary at a time: a standard deviation over axes would copy the whole input.
    spread = [np.std(series[..., k], dtype=np.float64) for k in range(series.shape[2])]
    return np.array(spread) / np.sqrt(n_total)


def _numerical_gradient(function: Function, means: np.ndarray, steps: np.ndarray) -> np.ndarray:
    columns = []
    for k, step in enumerate(steps):
        # A step below the rounding of the mean says that this primary does not fluctuate.
        if step <= 1e-14 * abs(means[k]):
            columns.append(np.zeros_like(np.asarray(function(means), dtype=float)))
            continue
        shift = np.zeros_like(means)
        shift[k] = step
        above = np.asarray(function(means + shift), dtype=float)
        below = np.asarray(function(means - shift), dtype=float)
        columns.append((above - below) / (2 * step))
    return np.stack(columns, axis=-1)
