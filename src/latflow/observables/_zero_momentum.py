"""Two-point functions at zero momentum, and the second-moment correlation length."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.analysis import (
    GammaResult,
    derived_quantity,
    folded,
    folded_masses,
    folded_masses_gradient,
    mean_effective_mass,
)
from latflow.lattice import Lattice
from latflow.observables._observable import Quantity, SeriesByName, VectorQuantity


def zero_momentum(
    field: Float[Array, "..."], lattice: Lattice
) -> tuple[Float[Array, " time"], Float[Array, ""]]:
    """C(t), and the structure factor F at the smallest momentum, from sums over timeslices.

    C(t) = (1/V) sum over t' of S(t') S(t' + t) is a circulant product. Its Fourier form needs
    three small matrix products and no FFT or gather, keeps the batch where it is, and holds F.
    Both are averaged over the axes with the longest extent.

    Args:
        field: one real number on every site.
        lattice: the lattice.
    """
    extent = lattice.shape[lattice.time_axes[0]]
    harmonics = np.arange(extent // 2 + 1)
    angles = 2 * np.pi * np.outer(harmonics, np.arange(extent)) / extent
    cosine, sine = jnp.asarray(np.cos(angles)), jnp.asarray(np.sin(angles))
    multiplicity = np.where((harmonics == 0) | (2 * harmonics == extent), 1.0, 2.0)
    power = jnp.zeros(len(harmonics), jnp.float64)
    for axis in lattice.time_axes:
        others = tuple(other for other in range(lattice.ndim) if other != axis)
        slices = jnp.sum(field, axis=others, dtype=jnp.float64)
        power = power + (cosine @ slices) ** 2 + (sine @ slices) ** 2
    power = power / (len(lattice.time_axes) * lattice.volume)
    correlator = cosine.T @ (multiplicity / extent * power)
    return correlator, power[min(1, extent // 2)]


def correlation_length(
    chi: Float[np.ndarray, "chains samples"],
    structure_factor: Float[np.ndarray, "chains samples"],
    extent: int,
) -> GammaResult:
    """xi = sqrt(chi / F - 1) / (2 sin(pi / L)), lattice units; NaN where chi < F.

    Args:
        chi: susceptibility per configuration, the structure factor at momentum zero.
        structure_factor: F at the smallest momentum.
        extent: L.
    """
    momentum = 2 * math.sin(math.pi / extent)

    def length(a: np.ndarray) -> float:
        return float(np.sqrt(a[0] / a[1] - 1) / momentum)

    def gradient(a: np.ndarray) -> np.ndarray:
        slope = 1 / (2 * momentum**2 * length(a))
        return np.array([slope / a[1], -slope * a[0] / a[1] ** 2])

    return derived_quantity(length, np.stack([chi, structure_factor], axis=-1), gradient=gradient)


LENGTHS = (
    Quantity(
        "xi_2nd",
        "ξ<sub>2nd</sub>",
        r"\xi_{\mathrm{2nd}}",
        "second-moment correlation length",
        unit="a",
    ),
    Quantity("mpL", "<i>m</i><sub>p</sub><i>L</i>", "m_p L", "pole mass times L, plateau average"),
    Quantity(
        "mpL_all",
        "<i>m</i><sub>p</sub><i>L</i> (all <i>t</i>)",
        r"m_p L\ (\mathrm{all}\ t)",
        "pole mass times L, all t",
    ),
)
"""What follows from C(t) and F: correlation length and masses, in the order of tables."""


def masses(
    two_point: Float[np.ndarray, "chains samples time"], extent: int
) -> dict[str, GammaResult]:
    """``mpL``: T x the mean of m_eff(t) over min(t, T - t) >= T/4; ``mpL_all``: over all t.

    Args:
        two_point: C(t) per configuration.
        extent: T >= 2.
    """
    t = np.arange(1, extent)
    far = 4 * np.minimum(t, extent - t) >= extent
    return {
        "mpL": mean_effective_mass(two_point, far),
        "mpL_all": mean_effective_mass(two_point, t > 0),
    }


def correlator_vectors(extent: int) -> tuple[VectorQuantity, ...]:
    """C(t), t = 0 ... T//2, and m_eff(t), t = 1 ... T//2, of the recorded ``two_point``, folded.

    Args:
        extent: T.
    """

    def halves(series: SeriesByName) -> Float[np.ndarray, "chains samples half"]:
        return folded(np.asarray(series["two_point"], dtype=np.float64))

    times = tuple((t,) for t in range(extent // 2 + 1))
    found = [
        VectorQuantity(
            "two_point", "<i>C</i>(<i>t</i>)", "C(t)", "correlator at zero momentum", ("t",), times,
            halves, ("xi_2nd",),
        )
    ]  # fmt: skip
    if extent >= 2:
        found.append(
            VectorQuantity(
                "effective_mass",
                "<i>m</i><sub>eff</sub>(<i>t</i>)",
                r"m_{\mathrm{eff}}(t)",
                "effective pole mass",
                ("t",),
                times[1:],
                halves,
                ("mpL",),
                lambda c: folded_masses(c, extent),
                lambda c: folded_masses_gradient(c, extent),
            )
        )
    return tuple(found)
