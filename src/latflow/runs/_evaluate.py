"""Evaluating the model of a stage of training: fresh samples with their weights."""

import time

from latflow.errors import DamagedFileError
from latflow.fields import named_arrays
from latflow.observables import Measurement
from latflow.random import key_for
from latflow.runs._mending import Damaged
from latflow.runs._resolved import ResolvedRun
from latflow.runs._stages import TrainingStage
from latflow.runs.pools import Pools, backward_configurations, evaluate_with_chains
from latflow.runs.results import DETAILS, ODD, odd_series_of
from latflow.runs.store import EVALUATION_FILE, Progress, ShouldStop, stop_if, write_evaluation
from latflow.training import TrainingState, evaluate, weigh_fields

_STORED_FIELDS = 64


def evaluate_stage(
    run: ResolvedRun,
    stage: TrainingStage,
    state: TrainingState,
    pools: Pools,
    progress: Progress,
    should_stop: ShouldStop,
    damaged: Damaged,
) -> None:
    """Write ``evaluation.h5`` of a stage, unless it is there with so many samples.

    Args:
        run: the run.
        stage: one of its stages.
        state: after training.
        pools: the chains behind the stage's prior and target.
        progress: who sees how it goes.
        should_stop: asked piece by piece.
        damaged: what to do with a damaged file, or one of another model.

    Raises:
        Interrupted: ``should_stop`` said so; nothing is written.
    """
    n_samples = stage.settings.evaluation_samples
    number = None if stage.is_last else stage.number
    try:
        known = run.folder.evaluation(number)
    except DamagedFileError as error:
        damaged(error)
        known = None
    if known is not None and known["log_weight"].size == n_samples:
        return
    stop_if(should_stop)
    progress.stage("evaluation", n_samples, 0)

    def advance(done: int) -> None:
        progress.advance(done, {})
        stop_if(should_stop)

    start = time.perf_counter()
    purpose = stage.purpose.replace("training", "evaluation")
    n_fields = min(_STORED_FIELDS, n_samples)
    model, theory = state.model, stage.theory
    odd = odd_series_of(theory)
    measurement = Measurement(theory, tuple(one for one in theory.observables if one.odd))
    if pools.prior is None:
        seed = run.config.seed
        arrays = evaluate(model, theory, seed, n_samples, n_fields, purpose, advance, measurement)
    else:
        arrays = evaluate_with_chains(
            model, theory, pools.prior, n_samples, n_fields, advance, measurement
        )
    fields, measured = named_arrays(arrays.pop("fields")), arrays.pop("measurements")
    arrays |= {f"fields/{name}": array for name, array in fields.items()}
    as_chain = {name: values[None] for name, values in measured.items()}
    arrays |= {ODD + series.name: series.of(as_chain)[0] for series in odd}
    if pools.target is not None:
        assert state.target is not None  # as it has chains
        fresh = pools.target.renewed(state.target, "evaluation", 0)
        arrays["target_log_weight"] = weigh_fields(model, theory, fresh.fields)
    arrays |= {DETAILS + name: array for name, array in arrays.pop("details", {}).items()}
    backward = backward_configurations(run.config, stage, should_stop)
    if backward is not None:
        key = key_for(run.config.seed, f"{purpose}/backward")
        arrays["target_log_weight"] = weigh_fields(model, theory, backward, key)
    seconds = time.perf_counter() - start
    path = stage.path / EVALUATION_FILE
    write_evaluation(path, arrays, seconds, run.folder.model_identity(number))
