"""Derivatives of expectation values with respect to a coupling, from one ensemble."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from latflow.analysis._derived import derived_quantity
from latflow.analysis._gamma import gamma_method
from latflow.analysis._gamma_result import GammaResult

Series = Float[np.ndarray, "chains samples"]
Controls = Float[np.ndarray, "chains samples controls"]

# Configurations of a half for each coefficient that is fitted to it.
_CONFIGURATIONS_PER_CONTROL = 20
# Controls that are linear combinations of others, but for rounding, are left out.
_RANK = 1e-9


@dataclass(frozen=True)
class Response:
    """A derivative, twice: from connected correlators, and with controls of zero mean.

    Attributes:
        plain: d<O>/dc = <dO/dc> - <O dS/dc> + <O><dS/dc>.
        improved: the same with controls; equal to ``plain`` where there are none.
    """

    plain: GammaResult
    improved: GammaResult

    @property
    def variance_ratio(self) -> float:
        """How many times as many configurations the plain one would need for the same error."""
        return float((self.plain.error / self.improved.error) ** 2)

    @property
    def variance_ratio_error(self) -> float:
        """Its error, as if both errors fluctuated by themselves: rather too large."""
        relative = [one.error_of_error / one.error for one in (self.plain, self.improved)]
        return 2 * self.variance_ratio * float(np.hypot(*relative))


def response(
    values: Series, explicit: Series, score: Series, along: Controls, stein: Controls
) -> Response:
    """d<O>/dc by Feynman and Hellmann's theorem for lattices, with Stein's identity as control.

    For any vector field v that falls off at the boundary of the space of fields,
    <v . grad O> = <O (v . grad S - div v)>: an infinitesimal change of variables. So, whatever
    the coefficients a,

        d<O>/dc = <dO/dc + a v . grad O> - <O ; dS/dc + a (v . grad S - div v)>,

    and the variance is small where the map x + dc a v(x) carries one ensemble onto the other: it
    vanishes for the exact one. The coefficients minimise the variance on one half of the chains
    (or of the one chain) and are used on the other half, so that they are independent of what
    they multiply: there is no bias.

    Args:
        values: O of each configuration.
        explicit: dO/dc at a fixed configuration.
        score: dS/dc.
        along: v_k . grad O.
        stein: v_k . grad S - div v_k.
    """
    plain = _connected(values, explicit, score)
    if not _enough(values, stein.shape[-1]):
        return Response(plain, plain)
    moved, scored = explicit.astype(np.float64), score.astype(np.float64)
    for fit, use in _halves(values):
        targets = _influence(values[fit], explicit[fit], score[fit])
        controls = along[fit] - _centred(values[fit])[..., None] * stein[fit]
        coefficients = _fitted(targets, controls)
        moved[use] = explicit[use] + along[use] @ coefficients
        scored[use] = score[use] + stein[use] @ coefficients
    return Response(plain, _connected(values, moved, scored))


def log_z_response(score: Series, stein: Controls) -> Response:
    """d log Z / dc = -<dS/dc>, and with controls -<dS/dc + a (v . grad S - div v)>.

    Args:
        score: dS/dc of each configuration.
        stein: v_k . grad S - div v_k.
    """
    plain = gamma_method(-score)
    if not _enough(score, stein.shape[-1]):
        return Response(plain, plain)
    improved = score.astype(np.float64)
    for fit, use in _halves(score):
        improved[use] = score[use] + stein[use] @ _fitted(score[fit], stein[fit])
    return Response(plain, gamma_method(-improved))


def paired_difference(
    first: Series, second: Series, first_log_weight: Series, second_log_weight: Series
) -> GammaResult:
    """<O>_2 - <O>_1 from pairs of configurations that belong together, each with its weight.

    The error is that of the difference: what both have in common cancels.

    Args:
        first: O on the first members of the pairs, and so on; weights may be all equal.
        second: O on the second ones.
        first_log_weight: log weights of the first ones.
        second_log_weight: log weights of the second ones.
    """
    weights = [np.exp(w - np.max(w)) for w in (first_log_weight, second_log_weight)]
    primaries = [weights[0] * first, weights[0], weights[1] * second, weights[1]]

    def difference(means: np.ndarray) -> float:
        return float(means[2] / means[3] - means[0] / means[1])

    def gradient(means: np.ndarray) -> np.ndarray:
        return np.array(
            [
                -1 / means[1],
                means[0] / means[1] ** 2,
                1 / means[3],
                -means[2] / means[3] ** 2,
            ]
        )

    return derived_quantity(difference, np.stack(primaries, axis=-1), gradient=gradient)


def _connected(values: Series, explicit: Series, score: Series) -> GammaResult:
    """<explicit> - <values ; score>; centred first, so that nothing large cancels."""
    v, s = _centred(values), _centred(score)
    series = np.stack([explicit - v * s, v, s], axis=-1)

    def function(means: np.ndarray) -> float:
        return float(means[0] + means[1] * means[2])

    return derived_quantity(function, series, gradient=lambda m: np.array([1.0, m[2], m[1]]))


def _influence(values: Series, explicit: Series, score: Series) -> Series:
    return explicit - _centred(values) * _centred(score)


def _centred(series: Series) -> Series:
    return series - series.mean()


def _enough(series: Series, n_controls: int) -> bool:
    return n_controls > 0 and series.size // 2 >= _CONFIGURATIONS_PER_CONTROL * n_controls


def _halves(series: Series):
    """(where to fit, where to use it), twice: by chains, or by time where there is one chain."""
    chains, samples = series.shape
    if chains > 1:
        one, other = np.s_[0::2], np.s_[1::2]
    else:
        one, other = np.s_[:, : samples // 2], np.s_[:, samples // 2 :]
    return (one, other), (other, one)


def _fitted(target: Series, controls: Controls) -> Float[np.ndarray, " controls"]:
    """Coefficients that minimise the variance of target + controls @ coefficients."""
    x = controls.reshape(-1, controls.shape[-1])
    x = x - x.mean(axis=0)
    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    y = target.reshape(-1) - target.mean()
    found = np.linalg.lstsq(x / scale, -y, rcond=_RANK)[0]
    return found / scale
