"""Fits of scaling laws."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy import optimize, stats


@dataclass(frozen=True)
class PowerLawFit:
    """y = alpha · x^exponent.

    Attributes:
        alpha: prefactor, in units of y.
        exponent: the power (the dynamical exponent z for τ_int against L).
        alpha_error: one standard deviation.
        exponent_error: one standard deviation.
        covariance: of (alpha, exponent), shape (2, 2).
        chi2: minimum of χ².
        dof: points minus two.
        p_value: probability of a larger χ²; NaN for dof = 0.
    """

    alpha: float
    exponent: float
    alpha_error: float
    exponent_error: float
    covariance: Float[np.ndarray, "2 2"]
    chi2: float
    dof: int
    p_value: float


def power_law_fit(
    x: Real[np.ndarray, " points"],
    y: Real[np.ndarray, " points"],
    y_error: Real[np.ndarray, " points"],
) -> PowerLawFit:
    """Least-squares fit of y = α x^z with independent Gaussian errors on y.

    The errors are taken as given: they are not rescaled by χ²/dof.

    Args:
        x: positive abscissae, at least two of them different.
        y: positive ordinates.
        y_error: one standard deviation of each, positive.

    Raises:
        ValueError: for unequal shapes, too few different points, or non-positive input.
    """
    if not (x.ndim == 1 and x.shape == y.shape == y_error.shape and np.unique(x).size >= 2):
        raise ValueError(
            f"x, y, y_error must be alike with two or more different x, got shapes "
            f"{x.shape}, {y.shape}, {y_error.shape}"
        )
    everything = np.stack([x, y, y_error]).astype(np.float64)
    if not (np.isfinite(everything).all() and (everything > 0).all()):
        raise ValueError("x, y and y_error must be positive and finite")
    abscissa, ordinate, sigma = everything
    # Parameters: log y at the middle of the range, and z. They are nearly uncorrelated.
    middle = float(np.mean(np.log(abscissa)))
    log_x = np.log(abscissa) - middle

    def model(parameters: np.ndarray) -> np.ndarray:
        return np.exp(parameters[0] + parameters[1] * log_x)

    def residuals(parameters: np.ndarray) -> np.ndarray:
        return (model(parameters) - ordinate) / sigma

    def jacobian(parameters: np.ndarray) -> np.ndarray:
        scaled = model(parameters) / sigma
        return np.stack([scaled, scaled * log_x], axis=1)

    slope, intercept = np.polyfit(log_x, np.log(ordinate), 1, w=ordinate / sigma)
    fit = optimize.least_squares(
        residuals,
        [intercept, slope],
        jac=jacobian,  # pyright: ignore[reportArgumentType]
        xtol=1e-12,
        ftol=1e-14,
        gtol=1e-14,
    )
    curvature = jacobian(fit.x)
    inner = np.linalg.inv(curvature.T @ curvature)
    alpha = math.exp(fit.x[0] - fit.x[1] * middle)
    transform = np.array([[alpha, -alpha * middle], [0.0, 1.0]])
    covariance = transform @ inner @ transform.T
    chi2 = float(np.sum(residuals(fit.x) ** 2))
    dof = x.size - 2
    return PowerLawFit(
        alpha=alpha,
        exponent=float(fit.x[1]),
        alpha_error=math.sqrt(covariance[0, 0]),
        exponent_error=math.sqrt(covariance[1, 1]),
        covariance=covariance,
        chi2=chi2,
        dof=dof,
        p_value=float(stats.chi2.sf(chi2, dof)) if dof else math.nan,
    )
