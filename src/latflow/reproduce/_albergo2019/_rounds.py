"""Training until an acceptance is reached: in rounds, each of which goes on from the one before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Real

from latflow.analysis import Estimate
from latflow.reproduce._curves import Curve, binned
from latflow.reproduce._recipe import Work
from latflow.reproduce._runs import Precision, finished, measured
from latflow.runs import RunFolder, config_from

_CHUNK = 25
# A little beyond, since a fresh sample of a model at the level has less than it half of the time.
_MARGIN = 0.004
# By what the steps grow in a round: the last one must not go far beyond the level. Of what seems to
# be missing a part is done at first, as what is left is then known better.
_LEAST, _MOST, _PART = 1.1, 1.5, 0.7


class Target(NamedTuple):
    """What a training is for.

    Attributes:
        level: acceptance of independence Metropolis on fresh configurations.
        first: steps of the first round.
        most: steps of all rounds that are not exceeded.
    """

    level: float
    first: int
    most: int


class Trained(NamedTuple):
    """What came of it.

    Attributes:
        path: of the last round's run.
        steps: of all rounds.
        level: the acceptance that was wanted.
        acceptance: of the last model, on fresh configurations in double precision.
        curve: acceptance of batches against the step, averaged.
        seconds: of all rounds.
        cpu_seconds: likewise, of processor time; compilation included.
        parameters: trainable numbers.
    """

    path: Path
    steps: int
    level: float
    acceptance: Estimate
    curve: Curve
    seconds: float
    cpu_seconds: float
    parameters: int

    @property
    def reached(self) -> bool:
        """Whether the acceptance is the wanted one or more; false where it is not known."""
        return self.acceptance.value >= self.level


RoundOf = Callable[[int, int, Path | None], dict[str, Any]]
"""The configuration of a round: its number from 0, its steps, and the run of the one before."""


def trained_to(
    work: Work, place: Path, title: str, round_of: RoundOf, target: Target, precision: Precision
) -> Trained:
    """Train in rounds until the acceptance of fresh configurations is reached, or to a limit.

    The batches of all rounds before tell how long the next one is, so that the same rounds are
    found again when it is done anew.

    Args:
        work: who wants it.
        place: folder of the rounds' runs.
        title: what they are called.
        round_of: makes their configurations.
        target: what they are for.
        precision: of the chains that the last round may have afterwards.

    Raises:
        Interrupted: ``work.should_stop`` said so; everything done is saved.
    """
    total, wanted, number = 0, target.first, 0
    before: Path | None = None
    steps: list[np.ndarray] = []
    acceptances: list[np.ndarray] = []
    while True:
        # Absolute, since the same command may be given from elsewhere the next time.
        path = (place / f"round-{number + 1:02d}").resolve()
        config = config_from(round_of(number, wanted - total, before))
        folder = finished(work, path, config, [], f"{title}, round {number + 1}", precision)
        metrics = folder.training_metrics()
        steps.append(total + metrics["step"])
        acceptances.append(metrics["acceptance"])
        total, before, number = wanted, path, number + 1
        seen = np.concatenate(steps), np.concatenate(acceptances)
        acceptance = measured(folder, "acceptance")
        if acceptance.value >= target.level or total >= target.most:
            return _trained(folder, path, total, target, acceptance, binned(*seen))
        wanted = min(next_total(*seen, acceptance.value, target.level), target.most)


def next_total(
    steps: Real[np.ndarray, " steps"],
    batches: Float[np.ndarray, " steps"],
    acceptance: float,
    level: float,
) -> int:
    """Steps after which a level is reached, if the acceptance goes on as in the last octave.

    Args:
        steps: of all batches.
        batches: their acceptance.
        acceptance: of the model after the last step; NaN where it is not known.
        level: the wanted one.

    Returns:
        A multiple of 25, between 1.1 and 1.5 times as many as there are: 0.7 of the way in the
        logarithm.
    """
    last = float(steps[-1])
    near = steps >= last / 2
    slope = float(np.polyfit(np.log(steps[near]), batches[near], 1)[0])
    missing = level + _MARGIN - acceptance
    # The acceptance of a model that there are doubts about is not known.
    can_tell = slope > 0 and np.isfinite(missing)
    factor = np.exp(min(_PART * missing / slope, 1.0)) if can_tell else _MOST
    return _CHUNK * int(np.ceil(last * float(np.clip(factor, _LEAST, _MOST)) / _CHUNK))


def _trained(
    folder: RunFolder, path: Path, total: int, target: Target, acceptance: Estimate, curve: Curve
) -> Trained:
    training = folder.summary()["training"]
    return Trained(
        path,
        total,
        target.level,
        acceptance,
        curve,
        training["seconds"],
        training["cpu_seconds"],
        training["parameters"],
    )
