"""What it costs to reach the acceptance on every lattice, and how that grows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from latflow.analysis import Estimate, PowerLawFit, power_law_fit
from latflow.reproduce._curves import Curve


class Trained(NamedTuple):
    """One training.

    Attributes:
        extent: L.
        seed: of the run.
        reached: the step at which the acceptance was reached, with its error; or ``None``.
        steps: of the whole training.
        batch: configurations of a step.
        cpu_seconds: of a step, without compilation.
        parameters: trainable numbers.
        curve: acceptance of batches against the step, averaged.
    """

    extent: int
    seed: int
    reached: Estimate | None
    steps: int
    batch: int
    cpu_seconds: float
    parameters: int
    curve: Curve

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        content = self._asdict()
        steps, acceptance = content.pop("curve")
        reached = content.pop("reached")
        return content | {
            "steps_to_level": None if reached is None else reached.value,
            "steps_to_level_error": None if reached is None else reached.error,
            "curve": {"step": steps.tolist(), "acceptance": acceptance.tolist()},
        }


class Cost(NamedTuple):
    """Of one lattice: geometric means over its trainings, with errors.

    Attributes:
        extent: L.
        configurations: drawn until the acceptance was reached; ``None`` if one training did not
            reach it.
        cpu_seconds: likewise, without compilation.
        at_least: what they are larger than in that case: the most that a training drew, and its
            time.
    """

    extent: int
    configurations: Estimate | None
    cpu_seconds: Estimate | None
    at_least: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        content: dict[str, Any] = {"extent": self.extent, "at_least": self.at_least}
        for name in ("configurations", "cpu_seconds"):
            one = getattr(self, name)
            content |= {
                name: None if one is None else one.value,
                f"{name}_error": None if one is None else one.error,
            }
        return content


def costs_of(trained: Sequence[Trained]) -> list[Cost]:
    """The cost on every lattice, from small to large.

    Seeds scatter by the same factor on all lattices, as far as a few of them can tell: the
    scatter is taken from all lattices together, or from the errors of the crossings where these
    are larger.
    """
    lattices = [
        [one for one in trained if one.extent == extent]
        for extent in sorted({one.extent for one in trained})
    ]
    reached = [own for own in lattices if all(one.reached for one in own)]
    scatter = _scatter(reached)
    return [_cost(own, scatter) if own in reached else _bound(own) for own in lattices]


def exponent(costs: Sequence[Cost], name: str) -> PowerLawFit | None:
    """Cost = alpha L^z, on lattices where the acceptance was reached; at L = 4 xi z is that of xi.

    Args:
        costs: of the lattices.
        name: ``configurations`` or ``cpu_seconds``.

    Returns:
        The fit; ``None`` with fewer than two lattices.
    """
    known = [(cost.extent, getattr(cost, name)) for cost in costs]
    known = [(extent, one) for extent, one in known if one is not None and one.value > 0]
    if len(known) < 2:
        return None
    extents, values = zip(*known, strict=True)
    return power_law_fit(
        np.array(extents, float),
        np.array([one.value for one in values]),
        np.array([one.error for one in values]),
    )


def _scatter(lattices: Sequence[Sequence[Trained]]) -> float:
    """Standard deviation of log(steps) among the seeds of a lattice."""
    logs = [_logs(own) for own in lattices]
    freedom = sum(one.size - 1 for one in logs)
    if freedom == 0:
        return 0.0
    return float(np.sqrt(sum(np.sum((one - one.mean()) ** 2) for one in logs) / freedom))


def _logs(own: Sequence[Trained]) -> Float[np.ndarray, " seeds"]:
    return np.log([one.reached.value for one in own if one.reached])


def _cost(own: Sequence[Trained], scatter: float) -> Cost:
    within = [(one.reached.error / one.reached.value) ** 2 for one in own if one.reached]
    relative = float(np.sqrt(max(scatter**2, np.mean(within)) / len(own)))
    steps = float(np.exp(_logs(own).mean()))
    configurations = steps * own[0].batch
    seconds = steps * float(np.mean([one.cpu_seconds for one in own]))
    return Cost(
        own[0].extent,
        Estimate(configurations, configurations * relative),
        Estimate(seconds, seconds * relative),
        None,
    )


def _bound(own: Sequence[Trained]) -> Cost:
    steps = max(one.steps for one in own)
    pace = float(np.mean([one.cpu_seconds for one in own]))
    return Cost(own[0].extent, None, None, (steps * float(own[0].batch), steps * pace))
