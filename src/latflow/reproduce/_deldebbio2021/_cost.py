"""What it costs to reach the acceptance on every lattice, and how that grows."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

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
    means = zip(_means(reached, _configurations), _means(reached, _seconds), strict=True)
    costs = [
        Cost(own[0].extent, configurations, seconds, None)
        for own, (configurations, seconds) in zip(reached, means, strict=True)
    ]
    costs += [_bound(own) for own in lattices if own not in reached]
    return sorted(costs, key=lambda cost: cost.extent)


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


def _configurations(one: Trained, steps: float) -> float:
    return steps * one.batch


def _seconds(one: Trained, steps: float) -> float:
    return steps * one.cpu_seconds


def _means(
    lattices: Sequence[Sequence[Trained]], cost: Callable[[Trained, float], float]
) -> list[Estimate]:
    """Geometric means over the seeds of each lattice, where all of them got there."""
    logs = [
        np.log([cost(one, one.reached.value) for one in own if one.reached]) for own in lattices
    ]
    freedom = sum(one.size - 1 for one in logs)
    squares = sum(float(np.sum((one - one.mean()) ** 2)) for one in logs)
    scatter = squares / freedom if freedom else 0.0
    means = []
    for own, values in zip(lattices, logs, strict=True):
        within = np.mean(
            [(one.reached.error / one.reached.value) ** 2 for one in own if one.reached]
        )
        mean = float(np.exp(values.mean()))
        means.append(Estimate(mean, mean * float(np.sqrt(max(scatter, within) / len(own)))))
    return means


def _bound(own: Sequence[Trained]) -> Cost:
    """What the longest training of a lattice drew and took, which was not enough for all."""
    longest = max(own, key=lambda one: one.steps)
    steps = float(longest.steps)
    return Cost(
        own[0].extent,
        None,
        None,
        (_configurations(longest, steps), _seconds(longest, steps)),
    )
