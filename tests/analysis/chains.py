"""Markov chains with exactly known autocorrelation."""

import numpy as np
from scipy.signal import lfilter


def coefficient(tau_int: float) -> float:
    """The AR(1) coefficient a whose rho(t) = a^t has this integrated autocorrelation time."""
    return (2 * tau_int - 1) / (2 * tau_int + 1)


def ar1(rng: np.random.Generator, chains: int, samples: int, tau_int: float) -> np.ndarray:
    """Stationary AR(1) chains of mean 0 and variance 1, shape (chains, samples)."""
    a = coefficient(tau_int)
    noise = rng.standard_normal((chains, samples)) * np.sqrt(1 - a * a)
    noise[:, 0] /= np.sqrt(1 - a * a)
    return np.asarray(lfilter([1.0], [1.0, -a], noise, axis=1))


def exact_error(chains: int, samples: int, tau_int: float) -> float:
    """Standard deviation of the mean over all samples of `ar1`, exact for any length."""
    a = coefficient(tau_int)
    edge = 2 * a * (1 - a**samples) / (samples * (1 - a) ** 2)
    return float(np.sqrt((2 * tau_int - edge) / (chains * samples)))
