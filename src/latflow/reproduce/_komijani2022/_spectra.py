"""Inverse power spectra: of configurations, of a trained PSD layer, and exactly in 1D."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from latflow.analysis import gamma_method
from latflow.errors import RunFolderError
from latflow.flows import PowerSpectrum
from latflow.models import Model
from latflow.reports.figures import spectrum_of
from latflow.runs import RunFolder, trained_model

# The transfer matrix's grid: |phi| up to so much, where the density has long vanished.
_REACH, _GRID, _LEVELS = 7.0, 501, 60


class InverseSpectrum(NamedTuple):
    """V / <|phi(k)|^2> against khat^2, lattice units; the errors are one standard deviation."""

    khat2: Float[np.ndarray, " shells"]
    value: Float[np.ndarray, " shells"]
    error: Float[np.ndarray, " shells"]


def inverse_of(
    configurations: Float[np.ndarray, "stored *lattice"], inflation: float = 1.0
) -> InverseSpectrum:
    """The inverse spectrum of configurations.

    Args:
        configurations: any number, any dimension.
        inflation: of the errors; 1 for independent configurations.
    """
    # Every k̂² by itself: the inverse of a mean over neighbours is not the mean of the inverses.
    spectrum = spectrum_of(configurations, most_shells=configurations[0].size)
    value = 1 / spectrum.value
    return InverseSpectrum(spectrum.khat2, value, inflation * spectrum.error * value**2)


def chain_spectrum(folder: RunFolder, name: str) -> InverseSpectrum:
    """The inverse spectrum of a chain's stored configurations.

    Their autocorrelation inflates the errors by sqrt(2 tau_int), where tau_int is the larger of
    those of M^2 and phi^2 from one stored configuration to the next: too much for short waves.
    """
    every = folder.config().chain(name).configurations_every
    data = folder.chain(name)
    stored = slice(every - 1, None, every)
    m2 = np.asarray(data.measurements["m"][:, stored], dtype=np.float64) ** 2
    phi2 = np.asarray(data.measurements["phi2"][:, stored], dtype=np.float64)
    tau = max(float(gamma_method(series).tau_int) for series in (m2, phi2))
    return inverse_of(data.oldest_first(), max(1.0, 2 * tau) ** 0.5)


def layer_spectrum(
    folder: RunFolder, khat2: Float[np.ndarray, " momenta"]
) -> Float[np.ndarray, " momenta"] | None:
    """What the PSD layer of a run's trained model makes of white noise; ``None`` without one."""
    try:
        model = trained_model(folder)
    except RunFolderError:
        return None
    if not isinstance(model, Model):
        return None
    flow = model.cast("double").flow
    for layer in flow.parts:
        if isinstance(layer, PowerSpectrum):
            return np.asarray(layer.inverse_spectrum(jnp.asarray(khat2)))
    return None


def exact_chain(
    zeta: float, m2: float, g4: float, length: int
) -> tuple[Float[np.ndarray, " momenta"], Float[np.ndarray, " momenta"]]:
    """The inverse spectrum of a periodic chain, from its transfer matrix.

    With eigenvalues l_n and the field's matrix elements c_mn between their vectors, the two-point
    function is the sum of c_mn^2 l_m^(L - t) l_n^t over all m and n, over the sum of l_m^L.

    Args:
        zeta: field strength, lattice units; positive.
        m2: mass squared, lattice units.
        g4: quartic coupling, lattice units; not negative.
        length: number of sites L.

    Returns:
        khat^2 = 2 - 2 cos k of the lattice's momenta up to k = pi, and V / <|phi(k)|^2>.
    """
    phi = np.linspace(-_REACH, _REACH, _GRID)
    potential = (zeta + m2 / 2) * phi**2 + g4 * phi**4
    exponent = zeta * np.outer(phi, phi) - (potential[:, None] + potential[None, :]) / 2
    values, vectors = np.linalg.eigh(np.exp(exponent - exponent.max()))
    logs = np.log(np.maximum(values[-_LEVELS:] / values[-1], np.finfo(float).tiny))
    low = vectors[:, -_LEVELS:]
    elements = (low.T @ (phi[:, None] * low)) ** 2
    t = np.arange(length)
    powers = np.exp(logs[:, None] * t)
    backwards = np.exp(logs[:, None] * (length - t))
    correlator = np.einsum("mt,mn,nt->t", backwards, elements, powers, optimize=True)
    correlator /= np.exp(length * logs).sum()
    spectrum = np.fft.rfft(correlator).real
    return 2 - 2 * np.cos(2 * np.pi * np.arange(spectrum.size) / length), 1 / spectrum
