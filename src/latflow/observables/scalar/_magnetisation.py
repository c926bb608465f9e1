"""The magnetisation of a real scalar field and its moments."""

import numpy as np
from jaxtyping import Array, Float

from latflow.analysis import (
    GammaResult,
    derived_quantity,
    gamma_method,
    magnetisation_sign_balance,
)
from latflow.observables._observable import (
    Doubt,
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)
from latflow.precision import sum_in_double

_QUANTITIES = (
    Quantity("m", "⟨<i>M</i>⟩", r"\langle M\rangle", "magnetisation", vanishes_under="z2"),
    Quantity("abs_m", "⟨|<i>M</i>|⟩", r"\langle|M|\rangle", "modulus of the magnetisation"),
    Quantity("chi2", "χ<sub>2</sub>", r"\chi_2", "susceptibility V⟨M²⟩"),
    Quantity(
        "chi_absM",
        "χ<sub>|<i>M</i>|</sub>",
        r"\chi_{|M|}",
        "connected susceptibility of |M|",
    ),
    Quantity("binder_U4", "<i>U</i><sub>4</sub>", "U_4", "Binder cumulant"),
)


def _m(series: SeriesByName) -> Float[np.ndarray, "chains samples"]:
    # Double precision before powers are taken: M^4 and differences lose digits.
    return np.asarray(series["m"], dtype=np.float64)


class Magnetisation(Observable):
    """M, the mean of the field: ``m``, ``abs_m``, ``chi2``, ``chi_absM``, ``binder_U4``.

    abs_m = <|M|>, chi2 = V <M^2>, chi_absM = V (<M^2> - <|M|>^2), U4 = 1 - <M^4> / 3 <M^2>^2.
    """

    name = "magnetisation"

    @property
    def figures(self) -> tuple[str, ...]:
        """History and histogram."""
        return ("magnetisation",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The moments."""
        return _QUANTITIES

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """M and its square."""
        return (
            SlowSeries("m", "<i>M</i>", "M", "magnetisation", _m),
            SlowSeries(
                "chi2", "<i>M</i><sup>2</sup>", "M^2", "susceptibility", lambda s: _m(s) ** 2
            ),
        )

    def measure(self, theory: MeasuredTheory, field: Float[Array, "..."]) -> Measurements:
        """``m``."""
        return {"m": sum_in_double(field) / theory.space.lattice.volume}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """All moments of M."""
        if "m" not in series:
            return {}
        volume, m = theory.space.lattice.volume, _m(series)
        m2, magnitude = m * m, np.abs(m)
        return {
            "m": gamma_method(m),
            "abs_m": gamma_method(magnitude),
            "chi2": gamma_method(volume * m2),
            "chi_absM": derived_quantity(
                lambda a: volume * (a[0] - a[1] ** 2),
                np.stack([m2, magnitude], axis=-1),
                gradient=lambda a: volume * np.array([1.0, -2 * a[1]]),
            ),
            "binder_U4": derived_quantity(
                lambda a: 1 - a[1] / (3 * a[0] ** 2),
                np.stack([m2, m2 * m2], axis=-1),
                gradient=lambda a: np.array([2 * a[1] / (3 * a[0] ** 3), -1 / (3 * a[0] ** 2)]),
            ),
        }

    def doubts(self, theory: MeasuredTheory, series: SeriesByName) -> list[Doubt]:
        """One sign of M is missing although the action is even."""
        if "m" not in series or "z2" not in theory.symmetries:
            return []
        balance = magnetisation_sign_balance(series["m"])
        if not balance.warning:
            return []
        return [
            Doubt(
                f"one sign of M is missing: {balance.fraction_positive:.1%} of the samples have "
                "M > 0; m is wrong, and errors and log Z do not know of the missing half",
                ("m",),
            )
        ]
