"""Curves of training: what the batches say, averaged over steps."""

import numpy as np
from jaxtyping import Float, Real

_BINS = 40

Curve = tuple[Float[np.ndarray, " bins"], Float[np.ndarray, " bins"]]


def binned(steps: Real[np.ndarray, " steps"], values: Float[np.ndarray, " steps"]) -> Curve:
    """Means over bins whose width grows with the step: later ones may average over more."""
    edges = np.unique(np.geomspace(1, steps[-1] + 1, _BINS + 1).round())
    place = np.digitize(steps, edges)
    bins = np.unique(place)
    return (
        np.array([steps[place == i].mean() for i in bins]),
        np.array([values[place == i].mean() for i in bins]),
    )
