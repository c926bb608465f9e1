"""The power spectrum of configurations beside that of a free field of the same mass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from latflow.lattice import Lattice
from latflow.reports.figures.look import (
    BLACK,
    Styles,
    logarithmic,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text

_MOST_SHELLS = 40
_FIELDS_AT_ONCE = 256


@dataclass(frozen=True)
class Spectrum:
    """G̃(k) = ⟨|φ̃(k)|²⟩/V of shells of equal (or neighbouring) k̂², lattice units.

    Attributes:
        khat2: mean lattice momentum squared of each shell.
        value: mean power.
        error: its standard error, configurations taken as independent; NaN for a single one.
    """

    khat2: Float[np.ndarray, " shells"]
    value: Float[np.ndarray, " shells"]
    error: Float[np.ndarray, " shells"]


def spectrum_of(
    configurations: Float[np.ndarray, "stored *lattice"],
    most_shells: int = _MOST_SHELLS,
    ndim: int | None = None,
) -> Spectrum:
    """The power spectrum of configurations of a real field, summed over its components.

    Args:
        configurations: any number, any dimension.
        most_shells: where there are more different k̂² than these, neighbours share a shell.
        ndim: dimension of the lattice, whose axes are the last ones; axes before them count
            components. By default there are none.
    """
    ndim = configurations.ndim - 1 if ndim is None else ndim
    shape = configurations.shape[configurations.ndim - ndim :]
    khat2 = Lattice(shape).khat2(real=False).reshape(-1)
    distinct, shell = np.unique(khat2.round(9), return_inverse=True)
    if distinct.size > most_shells:
        # Zero momentum stays alone; the others share shells of equal width in log k̂².
        logs = np.log(distinct[1:])
        edges = np.linspace(logs[0], logs[-1], most_shells)
        merged = np.concatenate([[0], 1 + np.digitize(logs, edges[1:-1])])
        shell = np.unique(merged, return_inverse=True)[1][shell]
    weight = np.bincount(shell).astype(float)
    centre = np.bincount(shell, khat2) / weight
    axes = tuple(range(-ndim, 0))
    total = np.zeros(weight.size)
    squares = np.zeros(weight.size)
    n = len(configurations)
    for first in range(0, n, _FIELDS_AT_ONCE):
        fields = np.asarray(configurations[first : first + _FIELDS_AT_ONCE], dtype=np.float64)
        power = np.abs(np.fft.fftn(fields, axes=axes)) ** 2 / khat2.size
        # Components add up.
        for one in power.reshape(len(fields), -1, khat2.size).sum(axis=1):
            per_shell = np.bincount(shell, one) / weight
            total += per_shell
            squares += per_shell**2
    mean = total / n
    if n < 2:
        return Spectrum(centre, mean, np.full(weight.size, np.nan))
    variance = np.maximum(squares / n - mean**2, 0) * n / (n - 1)
    return Spectrum(centre, mean, np.sqrt(variance / n))


def free_spectrum(
    khat2: Float[np.ndarray, " momenta"], pole_mass: float, chi2: float
) -> Float[np.ndarray, " momenta"]:
    """The free field's spectrum with a given pole mass and susceptibility (value at k = 0).

    χ₂ m̂² / (k̂² + m̂²) with m̂ = 2 sinh(m/2), lattice units.
    """
    mass2 = 4 * np.sinh(pole_mass / 2) ** 2
    return chi2 * mass2 / (khat2 + mass2)


@styled
def power_spectrum(
    spectra: Mapping[str, Spectrum],
    free: tuple[float, float] | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """G̃(k) = ⟨|φ̃(k)|²⟩/V against k̂², and its ratio to the free field.

    Args:
        spectra: by sampler.
        free: pole mass and susceptibility of the free field, lattice units.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    figure = new_figure()
    if free is None:
        left, right = figure.subplots(1, 1), None
    else:
        left, right = figure.subplots(1, 2)
    styles = series_styles(spectra, styles)
    largest = max(float(one.khat2[-1]) for one in spectra.values())
    number = len(spectra)
    for index, (name, one) in enumerate(spectra.items()):
        style = styles[name]
        look: dict[str, Any] = {
            "linestyle": "none",
            "marker": style.marker,
            "color": style.colour,
            "markerfacecolor": "white",
            "label": plain_text(name),
        }
        x = one.khat2 + 0.006 * largest * (index - (number - 1) / 2)
        error = np.where(np.isfinite(one.error), one.error, 0.0)
        left.errorbar(x, one.value, np.minimum(error, 0.999 * one.value), **look)
        if right is not None and free is not None:
            line = free_spectrum(one.khat2, *free)
            right.errorbar(x, one.value / line, error / line, **look)
    left.set(
        xlabel=r"$\hat k^2$  [lattice units]",
        ylabel=r"$\tilde G(k)$  [lattice units]",
        title="Power spectrum",
    )
    logarithmic(left)
    if right is not None and free is not None:
        fine = np.linspace(0, largest, 300)
        mass = f"{free[0]:.3f}"
        left.plot(
            fine,
            free_spectrum(fine, *free),
            color=BLACK,
            linewidth=0.9,
            label=rf"free field, $m_p = {mass}$",
        )
        right.axhline(1, color=BLACK, linewidth=0.9)
        right.set(
            xlabel=r"$\hat k^2$  [lattice units]",
            ylabel="spectrum / free field",
            title="Ratio to the free field of the same mass",
        )
    left.legend(loc="upper right")
    return figure
