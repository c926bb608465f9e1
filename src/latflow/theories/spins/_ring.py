"""Spins on a ring: the transfer matrix of any isotropic action on a sphere or projective space.

On these spaces a function of two points that only depends on their distance is diagonal in
harmonics: kernel w(x, y) = sum_l d_l w_l p_l(x, y), with p_l a Jacobi polynomial that is one at
distance zero, and d_l the number of harmonics of degree l.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import eval_jacobi, roots_jacobi

Values = Float[np.ndarray, " nodes"]

_NODES = 200
_DEGREES = 80
_NEGLIGIBLE = 1e-14


class Geometry(NamedTuple):
    """The distribution of a distance c in [-1, 1]: density (1 - c)^alpha (1 + c)^beta.

    ``overlap``: from c to <s_x . s_y> of the order parameter s, which has the mean zero.
    """

    alpha: float
    beta: float
    overlap: Callable[[Values], Values]


def real_sphere(n: int) -> Geometry:
    """S^(n-1): c is the cosine of the angle, and the order parameter is the spin."""
    return Geometry((n - 3) / 2, (n - 3) / 2, lambda c: c)


def projective_space(n: int) -> Geometry:
    """CP^(n-1): c = 2 |z* . z'|^2 - 1; the order parameter is the projector without its trace."""
    return Geometry(n - 2.0, 0.0, lambda c: (1 + c) / 2 - 1 / n)


class RingNumbers(NamedTuple):
    """Exact results for a ring.

    ``log_z``: with the uniform measure normalised to one; ``slope``: d log Z / d beta;
    ``correlator``: <s_0 . s_t> of the order parameter, t = 0 ... L - 1.
    """

    log_z: float
    slope: float
    correlator: Float[np.ndarray, " time"]


def ring(
    geometry: Geometry,
    extent: int,
    log_weight: Callable[[Values], Values],
    log_weight_slope: Callable[[Values], Values],
) -> RingNumbers:
    """Traces of powers of the transfer matrix.

    Args:
        geometry: of the sphere or projective space.
        extent: sites of the ring, at least two.
        log_weight: log of a link's weight, a function of c.
        log_weight_slope: its derivative with respect to beta.
    """
    alpha, beta, overlap = geometry
    c, measure = roots_jacobi(_NODES, alpha, beta)
    measure = measure / measure.sum()
    degrees = np.arange(_DEGREES)[:, None]
    harmonics = eval_jacobi(degrees, alpha, beta, c) / eval_jacobi(degrees, alpha, beta, 1.0)
    multiplicity = 1 / (harmonics**2 @ measure)
    log_weights = log_weight(c)
    largest = log_weights.max()
    weights = np.exp(log_weights - largest) * measure
    values, slopes = harmonics @ weights, harmonics @ (weights * log_weight_slope(c))
    # Beyond, there is only rounding; one more degree is what the order parameter leads to.
    n_degrees = int(np.sum(values > _NEGLIGIBLE * values[0])) + 1
    values, slopes, multiplicity = values[:n_degrees], slopes[:n_degrees], multiplicity[:n_degrees]
    harmonics = harmonics[:n_degrees]
    ratios = values / values[0]
    traces = multiplicity * ratios**extent
    # Trace of P_l s P_l' s over the spaces of harmonics of degrees l and l'.
    transitions = harmonics @ (harmonics * overlap(c) * measure).T
    transitions = transitions * np.outer(multiplicity, multiplicity)
    t = np.arange(extent)[:, None]
    correlator = np.einsum("tl,lm,tm->t", ratios ** (extent - t), transitions, ratios**t)
    return RingNumbers(
        log_z=float(extent * (largest + np.log(values[0])) + np.log(traces.sum())),
        slope=float(
            extent
            * (multiplicity * ratios ** (extent - 1) * slopes).sum()
            / values[0]
            / traces.sum()
        ),
        correlator=correlator / traces.sum(),
    )
