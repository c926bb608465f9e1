"""What the works of annealing say: log Z of both directions, and whether to believe them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.analysis import (
    Estimate,
    bennett_log_z,
    effective_sample_size,
    log_partition_function,
    log_partition_function_from_target,
)
from latflow.runs.results._model_doubts import DETAILS, ModelDoubt
from latflow.runs.results._model_quality import or_unknown

_BACKWARD = "target_log_weight"
# The largest of fewer weights decides the sum, and errors cannot be told from them.
_FEWEST_EFFECTIVE = 30
_CLEARLY = 5.0

Evaluation = Mapping[str, Shaped[np.ndarray, "samples ..."]]


def is_annealed(evaluation: Evaluation) -> bool:
    """Whether the weights are works."""
    return DETAILS + "work" in evaluation


def have_collapsed(log_weight: Shaped[np.ndarray, " samples"]) -> bool:
    """Whether so few weights count that no error can be told."""
    return _that_count(log_weight) < _FEWEST_EFFECTIVE


def annealing_quality(
    evaluation: Evaluation, is_reversible: bool, doubts: Sequence[ModelDoubt] = ()
) -> dict[str, Any]:
    """log Z of the ways back, and of both directions together; empty for other models.

    Args:
        evaluation: of a model.
        is_reversible: whether the ways back are the time reversal of those there.
        doubts: reasons not to believe the works; then log Z is unknown.
    """
    if not is_annealed(evaluation):
        return {}
    acceptance = evaluation.get(DETAILS + "acceptance")
    result: dict[str, Any] = {
        "acceptance_of_moves": None if acceptance is None else float(acceptance.mean())
    }
    backward = evaluation.get(_BACKWARD)
    if backward is None:
        return result
    estimates = {"log_z_backward": or_unknown(log_partition_function_from_target, backward)}
    if is_reversible:
        estimates["log_z_bennett"] = _bennett(evaluation["log_weight"], backward)
    for name, estimate in estimates.items():
        known = (None, None) if doubts else (estimate.value, estimate.error)
        result |= dict(zip((name, f"{name}_error"), known, strict=True))
    return result


def annealing_doubts(evaluation: Evaluation) -> Iterator[ModelDoubt]:
    """Reasons not to believe the works of annealing; none for other models.

    - Weights that have collapsed: so few of them count that no error can be told.
    - Directions that disagree: log Z of the ways there lies below, that of the ways back above the
      true one, as long as there are too few of either.
    """
    log_weight = evaluation["log_weight"]
    if not is_annealed(evaluation) or not np.isfinite(log_weight).all():
        return
    effective = _that_count(log_weight)
    if effective < _FEWEST_EFFECTIVE:
        yield ModelDoubt(
            f"the weights have collapsed: {effective:.1f} of {log_weight.size} count, too few to "
            "tell an error; there is no ESS and no log Z; raise model.annealing.levels, take "
            "particles, or train flows between the levels",
            spoils_chains=False,
        )
        return
    backward = evaluation.get(_BACKWARD)
    if backward is None or not np.isfinite(backward).all():
        return
    there = log_partition_function(log_weight)
    back = log_partition_function_from_target(backward)
    error = float(np.hypot(there.error, back.error))
    if abs(there.value - back.value) > _CLEARLY * error:
        yield ModelDoubt(
            f"the directions disagree: log Z is {there.value:.4f} +- {there.error:.2g} by "
            f"annealing there and {back.value:.4f} +- {back.error:.2g} by annealing back; "
            "configurations of one of them are missed by the other, and there is no ESS and no "
            "log Z; raise model.annealing.levels, or use a kernel that reaches all of the target",
            spoils_chains=False,
        )


def _that_count(log_weight: Shaped[np.ndarray, " samples"]) -> float:
    return effective_sample_size(log_weight).value * log_weight.size


def _bennett(forward: np.ndarray, backward: np.ndarray) -> Estimate:
    try:
        return bennett_log_z(forward, backward)
    except ValueError:
        return Estimate(float("nan"), float("nan"))
