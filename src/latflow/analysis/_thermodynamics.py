"""log Z, its derivative and the entropy along a path, from the works of annealing."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from latflow.analysis._estimate import Estimate
from latflow.analysis._weights import log_partition_function, reweighted_mean

PerLevel = Float[np.ndarray, "draws levels"]


@dataclass(frozen=True)
class ThermodynamicState:
    """One theory on a path S_t.

    Attributes:
        time: t.
        log_z: log of the integral of e^-S_t.
        slope: d log Z / dt, where it is known.
        entropy: log Z + <S_t>, minus the mean of log of the density, where it is known: of the
            integral over fields, so that it depends on the unit of the field.
    """

    time: float
    log_z: Estimate
    slope: Estimate | None = None
    entropy: Estimate | None = None


def along_the_path(
    times: Float[np.ndarray, " levels"],
    log_weight: PerLevel,
    work: PerLevel | None,
    from_nothing: bool = False,
) -> list[ThermodynamicState]:
    """The theories that annealing passes on a straight path S_t = S_0 + t S'.

    The weights after level k are those of the theory there (Jarzynski), and the work of the next
    level is (t_{k+1} - t_k) S' on configurations of it: so <S'> = -d log Z / dt comes for
    nothing. At the last level no work follows.

    Args:
        times: of the levels.
        log_weight: after each level.
        work: of each level without flows; ``None`` where flows act between the levels.
        from_nothing: whether S_0 is zero, so that <S_t> = -t d log Z / dt.
    """
    states = []
    for level, time in enumerate(times):
        weights = log_weight[:, level]
        log_z, slope, entropy = log_partition_function(weights), None, None
        if work is not None and level + 1 < len(times):
            derivative = -work[:, level + 1] / (times[level + 1] - time)
            slope = reweighted_mean(derivative, weights)
            if from_nothing:
                entropy = entropy_of(weights, -time * derivative)
        states.append(ThermodynamicState(float(time), log_z, slope, entropy))
    return states


def entropy_of(
    log_weight: Float[np.ndarray, " draws"], action: Float[np.ndarray, " draws"]
) -> Estimate:
    """log Z + <S> from independent draws, with what both have in common in the error.

    Args:
        log_weight: of each draw.
        action: of each draw.

    Raises:
        ValueError: as :func:`reweighted_mean`.
    """
    log_z, mean = log_partition_function(log_weight), reweighted_mean(action, log_weight)
    u = np.exp(log_weight - log_weight.max())
    u = u / u.mean()
    influence = (u - 1) + u * (action - mean.value)
    error = float(np.std(influence, ddof=1) / np.sqrt(influence.size))
    return Estimate(log_z.value + mean.value, error)
