"""What the evaluation of a model says against it: then it has no ESS, no log Z and no verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from latflow.analysis import log_partition_function
from latflow.observables import OddSeries
from latflow.theories import Theory

DETAILS = "details/"
"""What arrays of an evaluation are called that say how its first samples came about."""
ODD = "odd/"
"""What arrays of an evaluation are called that hold series which a symmetry makes vanish."""

# Sums of numbers of random sign lie beyond five of their standard deviations with probability
# 2 e^(-25/2) = 7e-6 at most, however unequal they are (Hoeffding).
_CLEARLY = 5.0
# A weight that is wrong by one part in a thousand moves no result by more than that; rounding in
# double precision leaves six digits more, unless the map itself multiplies it a millionfold.
_LARGEST_DISAGREEMENT = 1e-3
# Training may be in single precision, whose rounding adds up over the sites.
_LOSS_BELOW = 0.01
_LAST = 10
_ROUNDING = 1e-12


@dataclass(frozen=True)
class ModelDoubt:
    """A reason not to believe the weights of a model.

    Attributes:
        sentence: "title: what was seen, what it means and what to do".
        spoils_chains: whether chains that draw on the model are wrong as well. Those of a model
            that leaves out a part of the theory are right about the rest, and their own series
            tell.
    """

    sentence: str
    spoils_chains: bool


def odd_series_of(theory: Theory) -> tuple[OddSeries, ...]:
    """The series of the theory's observables whose mean vanishes by a symmetry that it has."""
    return tuple(
        series
        for observable in theory.observables
        for series in observable.odd
        if series.symmetry in theory.symmetries
    )


def model_doubts(
    theory: Theory,
    evaluation: Mapping[str, Shaped[np.ndarray, "samples ..."]],
    loss: Float[np.ndarray, " steps"] | None = None,
) -> list[ModelDoubt]:
    """Reasons not to believe a model's weights; none for a sound model.

    - Weights that are no numbers.
    - A flow whose inverse is not its inverse: log q of draws, by the flow and by its inverse.
    - A loss of training below -log Z, which no density has: where the objective takes log q from
      the inverse, a flow that is not invertible seems to do so.
    - A broken symmetry: weighted means of draws that ought to vanish and do not. Such a model
      leaves out a part of the theory (mode collapse); ESS and log Z are those of the rest, and
      the weights do not tell (Hackett et al., arXiv:2107.00734; Nicoli et al., arXiv:2302.14082).

    Args:
        theory: the target.
        evaluation: ``log_weight``, ``disagreement``, and ``odd/NAME`` of fresh samples.
        loss: of training, step by step, if it is a reverse divergence.
    """
    log_weight = evaluation["log_weight"]
    broken = np.isnan(log_weight) | np.isposinf(log_weight)
    if broken.any() or not np.isfinite(log_weight).any():
        return [_no_numbers(float(np.mean(~np.isfinite(log_weight))))]
    found = list(_about_inverse(evaluation["disagreement"]))
    if loss is not None and not found:
        found += _about_loss(log_weight, loss)
    for series in odd_series_of(theory):
        values = evaluation.get(ODD + series.name)
        if values is not None:
            found += _about_symmetry(series, values, log_weight)
    return found


def _no_numbers(share: float) -> ModelDoubt:
    return ModelDoubt(
        f"the model is broken: {share:.3g} of its log weights are not finite; there is no ESS and "
        "no log Z; train again with a lower training.learning_rate",
        spoils_chains=True,
    )


def _about_inverse(disagreement: Float[np.ndarray, " draws"]) -> Iterator[ModelDoubt]:
    known = disagreement[~np.isnan(disagreement)]
    if not known.size or known.max() <= _LARGEST_DISAGREEMENT:
        return
    largest, share = float(known.max()), float(np.mean(known > _LARGEST_DISAGREEMENT))
    yield ModelDoubt(
        f"the flow and its inverse disagree: log q of a draw by up to {largest:.2g}, and by more "
        f"than {_LARGEST_DISAGREEMENT:g} for {share:.2g} of the draws, far beyond rounding; its "
        "weights are wrong, and there is no ESS and no log Z; take more steps where the flow "
        "solves an equation, or train again with a lower training.learning_rate",
        spoils_chains=True,
    )


def _about_loss(
    log_weight: Float[np.ndarray, " samples"], loss: Float[np.ndarray, " steps"]
) -> Iterator[ModelDoubt]:
    last = loss[-max(_LAST, loss.size // _LAST) :]
    if last.size < _LAST or not np.isfinite(last).all():
        return
    log_z = log_partition_function(log_weight)
    # That of the last steps may lie above that of the final model, never below -log Z.
    missing = -log_z.value - float(last.mean())
    error = float(np.hypot(last.std(ddof=1) / np.sqrt(last.size), log_z.error))
    if missing <= max(_CLEARLY * error, _LOSS_BELOW):
        return
    yield ModelDoubt(
        f"the loss is below its bound: by {missing:.3g} below -log Z of the weights, which no "
        "density allows; flow and inverse disagree, and there is no ESS and no log Z; train again "
        "with a lower training.learning_rate",
        spoils_chains=True,
    )


def _about_symmetry(
    series: OddSeries,
    values: Float[np.ndarray, " samples"],
    log_weight: Float[np.ndarray, " samples"],
) -> Iterator[ModelDoubt]:
    if not np.isfinite(values).all():
        return
    # Not the error about the mean, which vanishes where one weight is larger than all others.
    weight = np.exp(log_weight - log_weight.max())
    mean = float(np.sum(weight * values) / weight.sum())
    error = float(np.sqrt(np.sum((weight * values) ** 2)) / weight.sum())
    if abs(mean) <= max(_CLEARLY * error, _ROUNDING * float(np.abs(values).max())):
        return
    yield ModelDoubt(
        f"a symmetry of the action is missing in the draws: with their weights the {series.words} "
        f'is {mean:.4g} +- {error:.2g}, and zero by the symmetry "{series.symmetry}"; '
        "the model leaves out a part of the theory, and neither ESS nor log Z can be told; use a "
        "flow that has the symmetry, or train with [training.forward_kl]",
        spoils_chains=False,
    )
