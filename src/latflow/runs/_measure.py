"""The measuring step of a run: every result, as documented in ``docs/summary.md``."""

import json
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from latflow.analysis import (
    Estimate,
    acceptance_estimate,
    effective_sample_size,
    effective_sample_size_from_target,
    log_partition_function,
    log_weight_variance,
)
from latflow.runs.store._atomic import finite, to_json, write_text
from latflow.runs.results._break_even import break_even, sample_cost
from latflow.runs._build import build_theory, needs_model
from latflow.runs.results._chain_summary import summarise_chain
from latflow.runs.configuration._config import ChainSettings, RunConfig
from latflow.runs.pools._pools import PRIOR_FILE, TARGET_FILE
from latflow.runs.results._pull import pull
from latflow.runs.results._references import ReferenceNumber, hmc_autocorrelation, reference_numbers
from latflow.runs._trained import training_progress
from latflow.runs.store._folder import RunFolder
from latflow.theories import Theory


def measure(folder: RunFolder) -> dict[str, Any]:
    """Compute all results of what a run has so far, and write ``summary.json``.

    Returns:
        The content of the file.

    Raises:
        RunFolderError: a file of the run is damaged.
    """
    config = folder.config()
    theory = build_theory(config)
    numbers = reference_numbers(theory)
    summary: dict[str, Any] = {
        "format": 1,
        "theory": config.resolved()["theory"],
        "seed": config.seed,
    }
    evaluation = folder.evaluation()
    if evaluation is not None:
        summary["training"] = _training(folder, evaluation)
        if _has_normalised_prior(config, theory):
            summary["log_z"] = _log_z(evaluation["log_weight"], theory, numbers)
        else:
            summary["log_z_ratio"] = _log_z_ratio(evaluation["log_weight"])
    summary["chains"] = {
        name: summarise_chain(folder.chain(name), config.chain(name), theory, numbers)
        for name in folder.chain_names()
    }
    summary["reference"] = _references(config, theory, numbers, summary)
    summary["break_even"] = _break_even(config, summary)
    summary = finite(summary)
    path = folder.path / "summary.json"
    text = to_json(summary) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return summary


def report_is_stale(folder: RunFolder) -> bool:
    """Whether the report of a measured run is missing, or older than its results."""
    report, summary = folder.path / "report.html", folder.path / "summary.json"
    return not report.exists() or report.stat().st_mtime_ns < summary.stat().st_mtime_ns


def _training(folder: RunFolder, evaluation: dict[str, np.ndarray]) -> dict[str, Any]:
    steps, seconds, model = training_progress(folder)
    parameters = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    result: dict[str, Any] = {
        "steps": steps,
        "seconds": seconds,
        "parameters": sum(leaf.size for leaf in parameters),
        **_quality(evaluation),
    }
    for name, file in (("prior", PRIOR_FILE), ("target", TARGET_FILE)):
        about = folder.training_path / file
        if about.exists():
            result[name] = json.loads(about.read_text(encoding="utf-8"))
    stages = _stages(folder)
    return result | ({"stages": stages} if stages else {})


def _stages(folder: RunFolder) -> list[dict[str, Any]]:
    """Every stage of training but the last one, as far as they have been evaluated."""
    config = folder.config()
    assert config.training is not None  # the callers made sure
    result, before = [], 0.0
    for number, stage in enumerate(config.training.stages):
        evaluation = folder.evaluation(number)
        if evaluation is None:
            break
        steps, seconds, _ = training_progress(folder, number)
        shape = config.stage_theory(number).shape
        entry = {"shape": list(shape), "couplings": stage.couplings, "steps": steps}
        result.append(entry | {"seconds": seconds - before} | _quality(evaluation))
        before = seconds
    return result


def _quality(evaluation: dict[str, np.ndarray]) -> dict[str, Any]:
    """What fresh samples say about a model, of its own and, where there are some, of the target."""
    log_weight = evaluation["log_weight"]
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
        estimate = _or_unknown(function, log_weight)
        result |= {name: estimate.value, f"{name}_error": estimate.error}
    of_target = evaluation.get("target_log_weight")
    return result if of_target is None else result | _coverage(log_weight, of_target)


def _coverage(
    log_weight: Float[np.ndarray, " samples"], of_target: Float[np.ndarray, " pool"]
) -> dict[str, Any]:
    """What configurations of the target say about a model."""
    ess = _or_unknown(effective_sample_size_from_target, of_target)
    variance = log_weight.var(ddof=1) / log_weight.size + of_target.var(ddof=1) / of_target.size
    return {
        "target_samples": int(of_target.size),
        "ess_from_target": ess.value,
        "ess_from_target_error": ess.error,
        "jeffreys_divergence": float(of_target.mean() - log_weight.mean()),
        "jeffreys_divergence_error": float(np.sqrt(variance)),
    }


def _log_z(
    log_weight: Float[np.ndarray, " samples"],
    theory: Theory,
    numbers: dict[str, ReferenceNumber],
) -> dict[str, Any]:
    estimate = _or_unknown(log_partition_function, log_weight)
    result: dict[str, Any] = {
        "value": estimate.value,
        "error": estimate.error,
        "constant": 0.0 - theory.constant,
    }
    if "log_z" in numbers:
        result["pull"] = pull(estimate.value, estimate.error, numbers["log_z"])
    return result


def _has_normalised_prior(config: RunConfig, theory: Theory) -> bool:
    assert config.model is not None  # there are weights of it
    return config.model.prior.build(theory.space.lattice).is_normalised


def _log_z_ratio(log_weight: Float[np.ndarray, " samples"]) -> dict[str, Any]:
    """log Z / Z' with Z' that of the prior's density: there is no reference for it."""
    estimate = _or_unknown(log_partition_function, log_weight)
    return {"value": estimate.value, "error": estimate.error}


def _or_unknown(function, log_weight: Float[np.ndarray, " samples"]) -> Estimate:
    """An estimate, or NaN for weights that allow none (a diverged model)."""
    try:
        return function(log_weight)
    except ValueError:
        return Estimate(float("nan"), float("nan"))


def _references(
    config: RunConfig,
    theory: Theory,
    numbers: dict[str, ReferenceNumber],
    summary: dict[str, Any],
) -> dict[str, Any]:
    """Every reference number; its pull is that of the first chain that measured it."""
    result = {name: _entry(number) for name, number in numbers.items()}
    for name, number in numbers.items():
        if number.compares_with == "log_z" and "log_z" in summary:
            result[name] |= {"pull": summary["log_z"]["pull"]}
        for chain, content in summary["chains"].items():
            observable = content["observables"].get(number.compares_with)
            if observable is not None:
                deviation = pull(observable["value"], observable["error"], number)
                result[name] |= {"chain": chain, "pull": deviation}
                break
    for name, number in hmc_autocorrelation(theory).items():
        result[name] = _entry(number)
        for chain in config.chains:
            content = summary["chains"].get(chain.name)
            if content is not None and _is_reference_hmc(chain):
                tau = content["observables"]["m"]
                deviation = pull(tau["tau_int"], tau["tau_int_error"], number)
                result[name] |= {"chain": chain.name, "pull": deviation}
                break
    return result


def _entry(number: ReferenceNumber) -> dict[str, Any]:
    return {"value": number.value, "error": number.error, "source": number.source, "pull": None}


def _is_reference_hmc(chain: ChainSettings) -> bool:
    """Whether a chain is the HMC that the reference autocorrelation times are for."""
    wanted = {
        "kernel": "hmc", "trajectory": 1.0, "steps": 10, "integrator": "leapfrog",
        "jitter": 0.0, "target_acceptance": None, "thin": 1,
    }  # fmt: skip
    return all(getattr(chain, key, None) == value for key, value in wanted.items())


def _break_even(config: RunConfig, summary: dict[str, Any]) -> dict[str, Any] | None:
    flows, classical = [], []
    for name, content in summary["chains"].items():
        cost = sample_cost(name, content["observables"], content["seconds_per_sample"])
        if cost is not None:
            (flows if needs_model(config, name) else classical).append(cost)
    return break_even(flows, classical, summary.get("training", {}).get("seconds"))
