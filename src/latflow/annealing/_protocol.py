"""At which times annealing stands still."""

from collections.abc import Sequence
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.not_trained import NotTrained
from latflow.precision import require_double

Placement = Literal["as-given", "even-variance", "least-dissipation"]
"""What the levels shall be placed for, when works have been measured."""

# Memory is read off in so many pieces of the path: that of single levels drowns in noise.
_PIECES = 16


class Protocol(NotTrained):
    """Times t_1 < ... < t_K = 1 of the theories that annealing passes.

    Args:
        times: growing, in [0, 1], the last one 1.
        placement: what they shall be placed anew for, when works have been measured.

    Raises:
        ValueError: they are not.
    """

    times: Float[Array, " levels"]
    placement: Placement = eqx.field(static=True)

    def __init__(self, times: Sequence[float] | np.ndarray, placement: Placement = "as-given"):
        require_double()
        times = np.asarray(times, np.float64)
        if times.ndim != 1 or not times.size or not np.isfinite(times).all():
            raise ValueError("times must be a list of numbers")
        if times[0] < 0 or times[-1] != 1 or (np.diff(times) <= 0).any():
            raise ValueError("times must grow, from 0 at least to 1 at the end")
        with jax.ensure_compile_time_eval():
            self.times = jnp.asarray(times)
        self.placement = placement

    @property
    def levels(self) -> int:
        """How many theories are passed, the target among them."""
        return self.times.shape[0]

    def placed(self, work: Float[np.ndarray, "draws levels"]) -> "Protocol":
        """The same number of levels where the works that were measured with these want them."""
        if self.placement == "as-given":
            return self
        if self.placement == "even-variance":
            return of_even_variance(self, work.var(axis=0))
        return of_even_variance(self, friction(work))


def power_protocol(levels: int, power: float = 1.0, placement: Placement = "as-given") -> Protocol:
    """Times (k / K)^power: a power above one goes slowly at first."""
    return Protocol((np.arange(1, levels + 1) / levels) ** power, placement)


def of_even_variance(protocol: Protocol, variance: Float[np.ndarray, " levels"]) -> Protocol:
    """Times between which the work varies alike, from the variances that it has now.

    In equilibrium a level of length dt has the variance (g dt)^2, with g^2 that of dS/dt: so the
    integral of g, the thermodynamic length, is cut into equal parts (Crooks, arXiv:0706.0559).

    Args:
        protocol: with which the variances were measured.
        variance: of the work of each level, or its :func:`friction`.
    """
    old = np.concatenate([[0.0], np.asarray(protocol.times)])
    length = np.sqrt(np.maximum(variance, 0.0))
    if not np.isfinite(length).all() or length.sum() <= 0:
        return protocol
    # No stretch is left without a level: where a few draws see no change there may be one.
    length = np.maximum(length, 0.02 * length.mean())
    passed = np.concatenate([[0.0], np.cumsum(length)]) / length.sum()
    times = np.interp(np.arange(1, protocol.levels + 1) / protocol.levels, passed, old)
    times[-1] = 1.0
    return Protocol(times, protocol.placement)


def friction(work: Float[np.ndarray, "draws levels"]) -> Float[np.ndarray, " levels"]:
    """What each level adds to the variance of the whole work: its own, and its memory of others.

    Where the Markov steps forget slowly the works of neighbours add up coherently, and a level
    costs more than its own variance. Equal lengths of the square root of this give the least
    dissipation at a number of levels (Sivak and Crooks, arXiv:1201.4166). The ratio to the own
    variance is the covariance with the whole work, in pieces of the path, between which it is
    interpolated.
    """
    levels = work.shape[1]
    own = work.var(axis=0, ddof=1)
    pieces = np.array_split(np.arange(levels), min(_PIECES, levels))
    rest = work.sum(axis=1) - work.sum(axis=1).mean()
    with_all = np.array([(work[:, piece].sum(axis=1) * rest).sum() for piece in pieces])
    alone = np.array([own[piece].sum() for piece in pieces]) * (work.shape[0] - 1)
    # Noise may make it negative; a level costs no less than a part of its own variance.
    ratio = np.maximum(np.divide(with_all, alone, out=np.ones_like(alone), where=alone > 0), 0.25)
    middle = [piece.mean() for piece in pieces]
    return own * np.interp(np.arange(levels), middle, ratio)
