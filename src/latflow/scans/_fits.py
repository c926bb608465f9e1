"""Dynamical exponents: tau_int = alpha L^z, and the same in the correlation length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from latflow.analysis import Estimate, PowerLawFit, power_law_fit
from latflow.scans._result import PointResult, lengths_of, slow_of

EXTENT = "L"
"""What the extent of the lattice is called as an abscissa."""


@dataclass(frozen=True)
class Scaling:
    """tau_int = alpha x^z of one kernel and observable.

    Attributes:
        kernel: name of the kernel in the scan.
        observable: name of what is slow.
        against: what x is: ``L``, or the name of a measured correlation length.
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
        for observable in slow_of(own):
            for against in (EXTENT, *lengths_of(own)):
                fit = _fit(own, observable, against)
                if fit is not None:
                    found.append(Scaling(kernel, observable, against, fit))
    return tuple(found)


def _fit(points: Sequence[PointResult], observable: str, against: str) -> PowerLawFit | None:
    usable = list(_usable(points, observable, against))
    if len({x for x, _ in usable}) < 2:
        return None
    return power_law_fit(
        np.array([x for x, _ in usable], dtype=float),
        np.array([tau.value for _, tau in usable]),
        np.array([tau.error for _, tau in usable]),
    )


def _usable(
    points: Sequence[PointResult], observable: str, against: str
) -> Iterator[tuple[float, Estimate]]:
    """x and tau_int of the points that have both, with an error."""
    for point in points:
        if against == EXTENT:
            x = float(point.extent)
        else:
            x = point.observables.get(against, {}).get("value")
        tau = point.tau_int.get(observable)
        if x is not None and x > 0 and tau is not None and tau.value > 0 and tau.error > 0:
            yield x, tau
