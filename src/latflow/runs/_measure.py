"""The measuring step of a run: every result, as documented in ``docs/summary.md``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from latflow.analysis import Estimate, KnownNumber, log_partition_function
from latflow.errors import RunFolderError
from latflow.observables import Doubt
from latflow.runs._doubts import doubts_about
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._stages import TrainingStage
from latflow.runs.configuration import ChainSettings, RunConfig
from latflow.runs.ensembles import curve_content, curves_along_paths
from latflow.runs.pools import pool_files, read_pool_record
from latflow.runs.results import (
    ModelDoubt,
    about_starts,
    annealing_quality,
    break_even,
    known_numbers,
    model_quality,
    odd_quantities,
    or_unknown,
    pull,
    reference_entries,
    sample_cost,
    summarise_chain,
)
from latflow.runs.store import (
    CheckpointHeader,
    RunFolder,
    ShouldStop,
    checkpoint_header,
    contents,
    finite,
    interrupting,
    mend,
    never,
    to_json,
    write_text,
)
from latflow.stopwatch import Spent

FORMAT = 2
"""Version of the layout of ``summary.json``."""


def measure(run: RunFolder | ResolvedRun, should_stop: ShouldStop = never) -> dict[str, Any]:
    """Compute all results of what a run has so far, and write ``summary.json``.

    Args:
        run: the run.
        should_stop: asked chain by chain.

    Returns:
        The content of the file.

    Raises:
        Interrupted: ``should_stop`` said so; nothing is written then.
        RunFolderError: as :func:`results_of`; nothing is written then.
    """
    run = resolve(run)
    summary = results_of(run, should_stop)
    _write_if_new(run.folder.results_path / "summary.json", to_json(summary) + "\n")
    return summary


def results_of(run: ResolvedRun, should_stop: ShouldStop = never) -> dict[str, Any]:
    """All results of what a run has so far; nothing is written.

    Args:
        run: the run.
        should_stop: asked chain by chain.

    Raises:
        Interrupted: ``should_stop`` said so.
        RunFolderError: a file of the run is damaged, or of another configuration than the run
            has.
    """
    run.check_training()
    ask = interrupting(should_stop)
    folder, config = run.folder, run.config
    numbers = known_numbers(run.theory, run.observables)
    summary: dict[str, Any] = {
        "format": FORMAT,
        "theory": config.resolved()["theory"],
        "seed": config.seed,
    }
    evaluation, doubts = folder.evaluation(), []
    if evaluation is not None:
        doubts = doubts_about(run, run.stages[-1], evaluation)
        summary["training"] = _training(run, evaluation, doubts)
        key, content = _log_z(run, evaluation["log_weight"], numbers, doubts)
        summary[key] = content
    spoilt = [doubt.sentence for doubt in doubts if doubt.spoils_chains]

    def entry(chain: ChainSettings, more: Sequence[Doubt] = ()) -> dict[str, Any]:
        about_model = spoilt if chain.kernel_settings.needs_model else ()
        data = run.chain(chain.name)
        return summarise_chain(data, chain, run.measurement, numbers, about_model, more)

    there = [chain for chain in config.chains if folder.has_samples(chain.name)]
    summary["chains"] = {chain.name: entry(chain) for chain in there if not ask()}
    observed = {name: content["observables"] for name, content in summary["chains"].items()}
    slow = [series for one in run.observables for series in one.slow]
    starts = about_starts(there, observed, slow, odd_quantities(run.measurement))
    for name, more in starts.items():
        summary["chains"][name] = entry(config.chain(name), more)
    curves = curves_along_paths(run, doubts, _with_results(summary["chains"]))
    if curves:
        summary["thermodynamics"] = [curve_content(curve) for curve in curves]
    summary["reference"] = reference_entries(config, numbers, summary)
    summary["break_even"] = None if doubts else _break_even(run, summary)
    return finite(summary)


def _with_results(chains: dict[str, Any]) -> list[str]:
    """The chains of which not everything is in doubt."""
    return [
        name
        for name, content in chains.items()
        if not all(entry.get("in_doubt") for entry in content["observables"].values())
    ]


def _write_if_new(path: Path, text: str) -> None:
    """Leave a file alone that says the same already, so that a report of it stays up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        mend(path, "a folder had taken the place of this file")
    if path.is_symlink() or not _says(path, text):
        write_text(path, text)


def _says(path: Path, text: str) -> bool:
    try:
        return contents(path, "it is made again") == text.encode()
    except RunFolderError:  # not there, or no file
        return False


def report_is_stale(folder: RunFolder) -> bool:
    """Whether the report of a measured run is missing, or older than its results."""
    report, summary = (folder.results_path / name for name in ("report.html", "summary.json"))
    return not report.exists() or report.stat().st_mtime_ns < summary.stat().st_mtime_ns


def _training(
    run: ResolvedRun, evaluation: dict[str, np.ndarray], doubts: list[ModelDoubt]
) -> dict[str, Any]:
    last = run.stages[-1]
    header = _header(run, last)
    result: dict[str, Any] = {
        "steps": header.step,
        "seconds": header.spent.seconds,
        "cpu_seconds": header.spent.cpu_seconds,
        "seconds_before": header.seconds_before,
        "parameters": header.parameters,
        **model_quality(evaluation["log_weight"], evaluation.get("target_log_weight"), doubts),
        **annealing_quality(evaluation, _is_reversible(run.config), doubts),
    }
    for name, file in pool_files(run.config):
        remedy = f"`latflow resume {run.folder.path}` makes it again"
        result[name] = read_pool_record(last, file, run.training_digest, remedy)
    stages = _earlier_stages(run)
    return result | ({"stages": stages} if stages else {})


def _is_reversible(config: RunConfig) -> bool:
    """Whether annealing back is the time reversal of annealing there."""
    annealing = None if config.model is None else config.model.annealing
    return annealing is not None and annealing.kernel.is_reversible


def _earlier_stages(run: ResolvedRun) -> list[dict[str, Any]]:
    """Every stage of training but the last one, as far as they have been evaluated."""
    assert run.config.training is not None  # the callers made sure
    result, before = [], Spent(0.0, 0.0)
    for stage, settings in zip(run.stages, run.config.training.stages, strict=False):
        evaluation = run.folder.evaluation(stage.number)
        if evaluation is None:
            break
        header = _header(run, stage)
        entry = {
            "shape": list(stage.theory.space.lattice.shape),
            "couplings": settings.couplings,
            "steps": header.step,
            "seconds": header.spent.seconds - before.seconds,
            "cpu_seconds": header.spent.cpu_seconds - before.cpu_seconds,
        }
        weights = evaluation["log_weight"], evaluation.get("target_log_weight")
        result.append(entry | model_quality(*weights, doubts_about(run, stage, evaluation)))
        before = header.spent
    return result


def _header(run: ResolvedRun, stage: TrainingStage) -> CheckpointHeader:
    """What the checkpoint of a stage says about itself: no model is read for that."""
    header = checkpoint_header(stage.path, run.training_digest)
    nothing = float("nan")
    return header or CheckpointHeader(0, Spent(nothing), nothing, 0, "", "")


def _log_z(
    run: ResolvedRun,
    log_weight: Float[np.ndarray, " samples"],
    numbers: dict[str, KnownNumber],
    doubts: list[ModelDoubt],
) -> tuple[str, dict[str, Any]]:
    """log Z of the theory; or log Z / Z' with Z' that of the prior's density, if not normalised.

    Not known where the weights are in doubt.
    """
    nothing = Estimate(float("nan"), float("nan"))
    estimate = nothing if doubts else or_unknown(log_partition_function, log_weight)
    result: dict[str, Any] = {"value": estimate.value, "error": estimate.error}
    if not _has_normalised_prior(run):
        return "log_z_ratio", result
    result["constant"] = 0.0 - float(run.theory.constant)
    if "log_z" in numbers:
        result["pull"] = pull(estimate.value, estimate.error, numbers["log_z"])
    return "log_z", result


def _has_normalised_prior(run: ResolvedRun) -> bool:
    assert run.config.model is not None  # there are weights of it
    return run.config.model.prior.build(run.theory.space).is_normalised


def _break_even(run: ResolvedRun, summary: dict[str, Any]) -> dict[str, Any] | None:
    slow = [series.name for one in run.observables for series in one.slow]
    flows, classical = [], []
    for name, content in summary["chains"].items():
        cost = sample_cost(name, content["observables"], slow, content["seconds_per_sample"])
        if cost is not None:
            (flows if content["needs_model"] else classical).append(cost)
    return break_even(flows, classical, summary.get("training", {}).get("seconds"))
