"""The chain that the last stage of a flow is compared with."""

import numpy as np
from jaxtyping import Float

from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures.always._layers import LayerTarget

_FEWEST_BINS, _MOST_BINS = 15, 61


def layer_target(report: RunReport) -> LayerTarget | None:
    """Histogram of the field's real numbers, and C(t), of the first chain that has them.

    Classical ones come first; C(t) must be there only if the layers have it.
    """
    needs_correlator = report.layers is not None and report.layers.two_point is not None
    for chain in (*report.classical_chains, *report.flow_chains):
        numbers, two_point = _real_numbers(chain), chain.measurements.get("two_point")
        if numbers.size == 0 or not np.isfinite(numbers).all():
            continue
        if two_point is not None and not np.isfinite(two_point).all():
            two_point = None
        if needs_correlator and two_point is None:
            continue
        reach = float(np.abs(numbers).max()) or 1.0
        # Neighbouring sites and samples are alike: fewer bins than independent values would fill.
        bins = int(np.clip(numbers.size ** (1 / 3), _FEWEST_BINS, _MOST_BINS))
        density, edges = np.histogram(numbers, bins=bins, range=(-reach, reach), density=True)
        mean = None if two_point is None else two_point.mean(axis=(0, 1))
        return LayerTarget(chain.name, edges, density, mean)
    return None


def _real_numbers(chain: ChainReport) -> Float[np.ndarray, " numbers"]:
    """All real numbers of the stored fields, real and imaginary parts alike."""
    parts: list[np.ndarray] = []
    for array in chain.configurations.values():
        both = (np.real(array), np.imag(array)) if np.iscomplexobj(array) else (array,)
        parts += [np.asarray(part, dtype=np.float64).reshape(-1) for part in both]
    return np.concatenate(parts) if parts else np.zeros(0)
