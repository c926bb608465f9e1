"""What fresh samples say about a trained model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from latflow.analysis import (
    Estimate,
    acceptance_estimate,
    effective_sample_size,
    effective_sample_size_from_target,
    log_weight_variance,
)
from latflow.runs.results._model_doubts import ModelDoubt

Weights = Float[np.ndarray, " samples"]


def model_quality(
    log_weight: Weights,
    of_target: Float[np.ndarray, " pool"] | None = None,
    doubts: Sequence[ModelDoubt] = (),
) -> dict[str, Any]:
    """Loss, effective sample size, acceptance and Var(log w), each with its error.

    Args:
        log_weight: of samples of the model.
        of_target: of configurations of the target, where there are some.
        doubts: reasons not to believe any of it; then all of it is unknown.
    """
    result = _quality(log_weight, of_target)
    if doubts:
        result = {name: n if name.endswith("_samples") else None for name, n in result.items()}
    return result | {"doubts": [doubt.sentence for doubt in doubts]}


def _quality(log_weight: Weights, of_target: Float[np.ndarray, " pool"] | None) -> dict[str, Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        loss = Estimate(
            float(-log_weight.mean()), float(log_weight.std(ddof=1) / np.sqrt(log_weight.size))
        )
    result: dict[str, Any] = {
        "evaluation_samples": int(log_weight.size),
        "loss": loss.value,
        "loss_error": loss.error,
    }
    for name, function in (
        ("ess", effective_sample_size),
        ("acceptance", acceptance_estimate),
        ("log_weight_variance", log_weight_variance),
    ):
        estimate = or_unknown(function, log_weight)
        result |= {name: estimate.value, f"{name}_error": estimate.error}
    return result if of_target is None else result | _coverage(log_weight, of_target)


def or_unknown(function: Callable[[Weights], Estimate], log_weight: Weights) -> Estimate:
    """An estimate, or NaN for weights that allow none (a diverged model)."""
    try:
        return function(log_weight)
    except ValueError:
        return Estimate(float("nan"), float("nan"))


def _coverage(log_weight: Weights, of_target: Float[np.ndarray, " pool"]) -> dict[str, Any]:
    """What configurations of the target say about a model."""
    ess = or_unknown(effective_sample_size_from_target, of_target)
    variance = log_weight.var(ddof=1) / log_weight.size + of_target.var(ddof=1) / of_target.size
    return {
        "target_samples": int(of_target.size),
        "ess_from_target": ess.value,
        "ess_from_target_error": ess.error,
        "jeffreys_divergence": float(of_target.mean() - log_weight.mean()),
        "jeffreys_divergence_error": float(np.sqrt(variance)),
    }
