"""Dynamical exponents: tau_int = alpha L^z, and the same in the correlation length."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from latflow.analysis import Estimate, PowerLawFit, power_law_fit
from latflow.scans._length import SLOW_OBSERVABLES
from latflow.scans._result import PointResult


@dataclass(frozen=True)
class Scaling:
    """tau_int = alpha x^z of one kernel and observable.

    Attributes:
        kernel: name of the kernel in the scan.
        observable: ``m``, ``chi2`` (that is, M^2) or ``ising_energy``.
        against: what x is: ``L`` or the measured ``xi_2nd``.
        fit: to all ensembles, with errors of tau_int only.
    """

    kernel: str
    observable: str
    against: str
    fit: PowerLawFit


def scalings(points: Sequence[PointResult]) -> tuple[Scaling, ...]:
    """All fits that the points allow: two different abscissae at least."""
    kernels = dict.fromkeys(point.kernel for point in points)
    found = []
    for kernel in kernels:
        own = [point for point in points if point.kernel == kernel]
        for observable in SLOW_OBSERVABLES:
            for against, abscissa in _ABSCISSAE.items():
                fit = _fit(own, observable, abscissa)
                if fit is not None:
                    found.append(Scaling(kernel, observable, against, fit))
    return tuple(found)


def _fit(
    points: Sequence[PointResult],
    observable: str,
    abscissa: Callable[[PointResult], float | None],
) -> PowerLawFit | None:
    usable: list[tuple[float, Estimate]] = []
    for point in points:
        x, tau = abscissa(point), point.tau_int.get(observable)
        if x is not None and x > 0 and tau is not None and tau.value > 0 and tau.error > 0:
            usable.append((x, tau))
    if len({x for x, _ in usable}) < 2:
        return None
    return power_law_fit(
        np.array([x for x, _ in usable], dtype=float),
        np.array([tau.value for _, tau in usable]),
        np.array([tau.error for _, tau in usable]),
    )


_ABSCISSAE: dict[str, Callable[[PointResult], float | None]] = {
    "L": lambda point: float(point.extent),
    "xi_2nd": lambda point: point.observables.get("xi_2nd", {}).get("value"),
}
