"""How good a model is, from fresh samples."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, PyTree, Shaped

from latflow import training
from latflow.analysis import (
    Estimate,
    acceptance_estimate,
    effective_sample_size,
    log_partition_function,
)
from latflow.library._html import number
from latflow.models import Proposer
from latflow.reports import html_table
from latflow.theories import Theory


@dataclass(frozen=True)
class Evaluation:
    """Fresh samples of a model, and what their weights say.

    Attributes:
        ess: effective sample size as a share, (sum w)^2 / (N sum w^2).
        acceptance: of independence Metropolis in equilibrium.
        log_z: logarithm of the partition function, of the action without its constant.
        log_weight: log w = -S - log q of every sample.
        action: of every sample.
        fields: the first samples, as many as were asked for; ``None`` for none.
    """

    ess: Estimate
    acceptance: Estimate
    log_z: Estimate
    log_weight: Float[np.ndarray, " samples"]
    action: Float[np.ndarray, " samples"]
    fields: PyTree[Shaped[np.ndarray, "stored ..."]] | None

    def _repr_html_(self) -> str:
        rows = [
            [name, number(estimate.value, estimate.error)]
            for name, estimate in (
                ("ESS", self.ess), ("acceptance", self.acceptance), ("log Z", self.log_z)
            )
        ]  # fmt: skip
        return html_table(f"{self.log_weight.size} fresh samples", ["", ""], rows)


def evaluate(
    model: Proposer, theory: Theory, n_samples: int = 4096, *, n_fields: int = 0, seed: int = 1
) -> Evaluation:
    """Draw fresh samples of a model and weigh them, in double precision.

    Args:
        model: whatever proposes.
        theory: the target.
        n_samples: how many.
        n_fields: how many of them are kept.
        seed: of the random numbers.
    """
    arrays = training.evaluate(model, theory, seed, n_samples, n_fields)
    log_weight = arrays["log_weight"]
    return Evaluation(
        ess=effective_sample_size(log_weight),
        acceptance=acceptance_estimate(log_weight),
        log_z=log_partition_function(log_weight),
        log_weight=log_weight,
        action=arrays["action"],
        fields=arrays.get("fields"),
    )
