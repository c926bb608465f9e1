"""At which times annealing stands still."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.not_trained import NotTrained
from latflow.precision import require_double


class Protocol(NotTrained):
    """Times t_1 < ... < t_K = 1 of the theories that annealing passes.

    Args:
        times: growing, in [0, 1], the last one 1.
        is_adaptive: whether they shall be placed anew, when variances have been measured.

    Raises:
        ValueError: they are not.
    """

    times: Float[Array, " levels"]
    is_adaptive: bool = eqx.field(static=True)

    def __init__(self, times: Sequence[float] | np.ndarray, is_adaptive: bool = False):
        require_double()
        times = np.asarray(times, np.float64)
        if times.ndim != 1 or not times.size or not np.isfinite(times).all():
            raise ValueError("times must be a list of numbers")
        if times[0] < 0 or times[-1] != 1 or (np.diff(times) <= 0).any():
            raise ValueError("times must grow, from 0 at least to 1 at the end")
        with jax.ensure_compile_time_eval():
            self.times = jnp.asarray(times)
        self.is_adaptive = is_adaptive

    @property
    def levels(self) -> int:
        """How many theories are passed, the target among them."""
        return self.times.shape[0]


def power_protocol(levels: int, power: float = 1.0, is_adaptive: bool = False) -> Protocol:
    """Times (k / K)^power: a power above one goes slowly at first."""
    return Protocol((np.arange(1, levels + 1) / levels) ** power, is_adaptive)


def of_even_variance(protocol: Protocol, variance: Float[np.ndarray, " levels"]) -> Protocol:
    """Times between which the work varies alike, from the variances that it has now.

    In equilibrium a level of length dt has the variance (g dt)^2, with g^2 that of dS/dt: so the
    integral of g, the thermodynamic length, is cut into equal parts (Crooks, arXiv:0706.0559).

    Args:
        protocol: with which the variances were measured.
        variance: of the work of each level.
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
    return Protocol(times, protocol.is_adaptive)
