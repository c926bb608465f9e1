"""What the Γ-method returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

if TYPE_CHECKING:
    # Which of the two it is follows from the number of dimensions of the input, which no
    # static checker sees: a union would force every reader of a field to narrow it.
    ScalarOrVector = Any
    CountOrVector = Any
    FlagOrVector = Any
else:
    ScalarOrVector = float | Float[np.ndarray, " observables"]
    CountOrVector = int | Int[np.ndarray, " observables"]
    FlagOrVector = bool | Bool[np.ndarray, " observables"]


@dataclass(frozen=True)
class GammaResult:
    """Mean of a Markov-chain series with its error and autocorrelation time.

    Every field is a Python number for a single observable and an array of shape
    (observables,) for several; units are those of the series, times count stored samples.

    Attributes:
        value: the mean over all chains and samples (or the function of the means).
        error: one standard deviation of `value`, autocorrelation included.
        error_of_error: statistical error of `error`.
        tau_int: integrated autocorrelation time, ½ for independent samples.
        tau_int_error: its statistical error.
        window: summation window W, in samples.
        window_saturated: no automatic window exists within the chains, or nothing has decayed
            within it: they are too short for their autocorrelation, and `tau_int` is a lower
            bound.
        autocorrelation: ρ(t) for t = 0…2W, shape (lags,) or (observables, lags); where the
            observables have different windows, the shorter rows end in NaN.
        autocorrelation_error: statistical error of ρ(t), same shape.
        n_total: number of samples in all chains together.
    """

    value: ScalarOrVector
    error: ScalarOrVector
    error_of_error: ScalarOrVector
    tau_int: ScalarOrVector
    tau_int_error: ScalarOrVector
    window: CountOrVector
    window_saturated: FlagOrVector
    autocorrelation: Float[np.ndarray, "*rows lags"]
    autocorrelation_error: Float[np.ndarray, "*rows lags"]
    n_total: int

    @property
    def n_effective(self) -> ScalarOrVector:
        """Number of independent samples, N / (2 τ_int)."""
        return self.n_total / (2 * self.tau_int)


def undefined_result(value: float, n_total: int) -> GammaResult:
    """A result without an error: it left its domain, or there are no fluctuations."""
    nan = float("nan")
    rho = np.full(1, np.nan)
    return GammaResult(value, nan, nan, nan, nan, 0, False, rho, rho.copy(), n_total)


def exact_result(value: float, n_total: int) -> GammaResult:
    """A result that does not depend on the samples."""
    return GammaResult(value, 0.0, 0.0, 0.5, 0.0, 0, False, np.ones(1), np.zeros(1), n_total)


def stack_results(results: Sequence[GammaResult]) -> GammaResult:
    """Join results of single observables into one result of a vector."""
    lags = max(result.autocorrelation.shape[-1] for result in results)

    def padded(rows: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(r, (0, lags - r.size), constant_values=np.nan) for r in rows])

    return GammaResult(
        value=np.array([r.value for r in results], dtype=float),
        error=np.array([r.error for r in results], dtype=float),
        error_of_error=np.array([r.error_of_error for r in results], dtype=float),
        tau_int=np.array([r.tau_int for r in results], dtype=float),
        tau_int_error=np.array([r.tau_int_error for r in results], dtype=float),
        window=np.array([r.window for r in results], dtype=int),
        window_saturated=np.array([r.window_saturated for r in results], dtype=bool),
        autocorrelation=padded([r.autocorrelation for r in results]),
        autocorrelation_error=padded([r.autocorrelation_error for r in results]),
        n_total=results[0].n_total,
    )
