"""Free energies from the work of both directions."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import expit

from latflow.analysis._estimate import Estimate
from latflow.analysis._weights import LogWeights, log_partition_function


def bennett_log_z(forward: LogWeights, backward: Float[np.ndarray, " ways"]) -> Estimate:
    """log Z from works of both directions, with the least variance that they allow.

    Bennett's acceptance ratio (J. Comput. Phys. 22 (1976) 245), the maximum likelihood of log Z
    given Crooks' theorem P(W) / P_back(W) = Z e^W (Shirts et al., Phys. Rev. Lett. 91 (2003)
    140601): so the way back must be the time reversal of the way there.

    Args:
        forward: log weights -W of independent ways from the prior.
        backward: log weights of independent ways that end at configurations of the target.

    Raises:
        ValueError: fewer than two of either, or ones that are not finite.
    """
    if min(forward.size, backward.size) < 2:
        raise ValueError("Bennett's acceptance ratio needs two works of each direction")
    if not (np.isfinite(forward).all() and np.isfinite(backward).all()):
        raise ValueError("works must be finite")
    share = np.log(forward.size / backward.size)

    def excess(log_z: float) -> float:
        there, back = _both(forward, backward, log_z, share)
        return float(there.sum() - back.sum())

    middle = log_partition_function(forward).value
    width = 1.0 + float(np.ptp(np.concatenate([forward, backward])))
    log_z = float(brentq(excess, middle - 2 * width, middle + 2 * width))  # pyright: ignore[reportArgumentType]
    there, back = _both(forward, backward, log_z, share)
    variance = sum(one.var(ddof=1) / (one.size * one.mean() ** 2) for one in (there, back))
    return Estimate(log_z, float(np.sqrt(variance)))


def _both(forward, backward, log_z, share):
    """Fermi functions of the works of both directions, whose sums are equal at log Z."""
    return expit(forward - log_z - share), expit(log_z + share - backward)
