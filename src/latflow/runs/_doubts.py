"""What is to be said against the model of a stage of training."""

import numpy as np

from latflow.runs._resolved import ResolvedRun
from latflow.runs._stages import TrainingStage
from latflow.runs.results import ModelDoubt, annealing_doubts, model_doubts


def doubts_about(
    run: ResolvedRun, stage: TrainingStage, evaluation: dict[str, np.ndarray]
) -> list[ModelDoubt]:
    """What is to be said against the model of a stage."""
    loss, model = None, run.config.model
    # That of a conditional model is a mean over its couplings, and bounds log Z of none of them.
    is_of_one = model is not None and model.conditional is None
    if is_of_one and stage.settings.loss_is_divergence:
        loss = run.folder.training_metrics(None if stage.is_last else stage.number).get("loss")
    doubts = model_doubts(stage.theory, evaluation, loss)
    return doubts or list(annealing_doubts(evaluation))
