"""Autocovariance of many chains, in bounded memory."""

import numpy as np
from jaxtyping import Float
from scipy import fft

# Long enough that the padding by the maximal lag is cheap, short enough to stay in cache.
_SHORTEST_BLOCK = 2**15
_NUMBERS_PER_TRANSFORM = 2**20


def autocovariance(
    fluctuations: Float[np.ndarray, "chains samples"],
    max_lag: int,
    pairs: Float[np.ndarray, " samples"],
) -> Float[np.ndarray, " lags"]:
    """Γ(t) = Σ a_i a_{i+t} / pairs(t) for t = 0…max_lag < samples.

    `fluctuations` are deviations from the mean over *all* chains, zero in gaps; pairs never
    join two chains (Wolff, hep-lat/0306017). The sums are done by real Fourier transforms of
    zero-padded blocks, so that only a few blocks are in memory beside the input.
    """
    chains, samples = fluctuations.shape
    block = min(samples, max(_SHORTEST_BLOCK, 8 * max_lag))
    size = _fast_length(block + max_lag)
    rows = max(1, _NUMBERS_PER_TRANSFORM // size)
    spectrum = np.zeros(size // 2 + 1, dtype=complex)
    for first in range(0, chains, rows):
        group = fluctuations[first : first + rows]
        for start in range(0, samples, block):
            # A block is paired with itself and with the max_lag samples that follow it:
            # every pair of the chain is counted exactly once.
            head = _transform(group[:, start : start + block], size)
            if block < samples:
                tail = _transform(group[:, start : start + block + max_lag], size)
            else:
                tail = head
            spectrum += np.einsum("ck,ck->k", head.conj(), tail)
    sums = _inverse_transform(spectrum, size)[: max_lag + 1]
    return sums / pairs[: max_lag + 1]


def autocorrelation_error(
    rho: Float[np.ndarray, " lags"], window: int, pairs: Float[np.ndarray, " lags"]
) -> Float[np.ndarray, " lags"]:
    """Statistical error of ρ(t) from `pairs` pairs per lag.

    Bartlett's formula (Madras–Sokal, J. Stat. Phys. 50 (1988) 109, appendix; Lüscher,
    hep-lat/0409106, eq. E.11), Σ_{k≥1} [ρ(k+t) + ρ(k−t) − 2ρ(t)ρ(k)]² / N with ρ cut at the
    window. Expanding the square leaves convolutions R(s) = Σ_k ρ(k)ρ(k+s):
    R(0) + R(2t) + 2ρ(t)²R(0) − 4ρ(t)R(t).
    """
    inside = rho[: window + 1]
    symmetric = np.concatenate([inside[:0:-1], inside])
    size = _fast_length(2 * symmetric.size)
    overlap = _inverse_transform(np.abs(_transform(symmetric, size)) ** 2, size)
    lags = np.arange(rho.size)
    r = np.zeros(2 * rho.size)
    reach = min(r.size, symmetric.size)
    r[:reach] = overlap[:reach]
    variance = r[0] + r[2 * lags] + 2 * rho**2 * r[0] - 4 * rho * r[lags]
    # The error of ρ(0) = 1 is zero exactly; rounding may leave a small negative number.
    variance[0] = 0.0
    return np.sqrt(np.maximum(variance, 0.0) / pairs)


# SciPy's dispatch hides the types of what its transforms return: they are named here, once.


def _fast_length(length: int) -> int:
    return fft.next_fast_len(length, real=True)  # pyright: ignore[reportReturnType]


def _transform(rows: np.ndarray, size: int) -> np.ndarray:
    return fft.rfft(rows, size)  # pyright: ignore[reportReturnType]


def _inverse_transform(spectrum: np.ndarray, size: int) -> np.ndarray:
    return fft.irfft(spectrum, size)  # pyright: ignore[reportReturnType]
