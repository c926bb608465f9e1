"""The chain that the last stage of a flow is compared with."""

import numpy as np

from latflow.reports.data import RunReport
from latflow.reports.figures.always._layers import LayerTarget

_FEWEST_BINS, _MOST_BINS = 15, 61


def layer_target(report: RunReport) -> LayerTarget | None:
    """Histogram of phi(x) and C(t) of the first chain with both, classical ones first."""
    for chain in (*report.classical_chains, *report.flow_chains):
        fields, two_point = chain.configurations, chain.measurements.get("two_point")
        if two_point is None or fields.size == 0:
            continue
        if not (np.isfinite(fields).all() and np.isfinite(two_point).all()):
            continue
        reach = float(np.abs(fields).max()) or 1.0
        # Neighbouring sites and samples are alike: fewer bins than independent values would fill.
        bins = int(np.clip(fields.size ** (1 / 3), _FEWEST_BINS, _MOST_BINS))
        density, edges = np.histogram(fields, bins=bins, range=(-reach, reach), density=True)
        return LayerTarget(chain.name, edges, density, two_point.mean(axis=(0, 1)))
    return None
