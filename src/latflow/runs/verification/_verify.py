"""All checks of a run. Nothing is written, and no lock is held."""

import math
from typing import Any

from latflow.errors import RunFolderError
from latflow.runs._measure import results_of
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs.configuration import ChainSettings
from latflow.runs.ensembles import KEPT, kept_derivatives
from latflow.runs.store import (
    RunFolder,
    ShouldStop,
    check_segment,
    never,
    read_segment,
    read_warm_up,
    segment_paths,
)
from latflow.runs.verification._check import Check, Checks
from latflow.runs.verification._layout import check_layout
from latflow.runs.verification._recomputed import remeasured
from latflow.runs.verification._training import check_training

# Of numbers that were computed from the same samples, maybe on another machine.
_ROUNDING = 1e-6


def verify(folder: RunFolder, should_stop: ShouldStop = never) -> list[Check]:
    """Check everything about a run: digests, files, continuity, configuration, and numbers.

    Observables are measured again on stored configurations, actions on the stored samples of the
    model, and all results are computed again and compared with ``summary.json``.

    Args:
        folder: the run.
        should_stop: asked before every check.

    Raises:
        Interrupted: ``should_stop`` said so.
    """
    checks = Checks(folder.path, should_stop)
    config = folder.path / "config.toml"
    run = checks.attempt(config, "can be read, can be built", lambda: resolve(folder))
    if run is None:
        return checks.done
    checks.attempt(folder.path, "layout", lambda: check_layout(run, checks))
    check_training(run, checks)
    for chain in run.config.chains:
        _check_chain(run, chain, checks)
    _check_summary(run, checks)
    if any(folder.results_path.glob(KEPT.format("*"))):
        checks.attempt(folder.results_path, "derivatives, digest", lambda: kept_derivatives(folder))
    return checks.done


def _check_chain(run: ResolvedRun, chain: ChainSettings, checks: Checks) -> None:
    path, name = run.folder.chain_path(chain.name), chain.name
    paths = segment_paths(path)
    if (path / "warm-up.h5").exists():
        checks.attempt(path / "warm-up.h5", "digest", lambda: read_warm_up(path))
    elif paths:
        checks.note(path, "warm-up.h5", "missing: done again if more samples are asked for")
    if not paths:
        checks.note(path, "samples", "none yet")
        return
    wanted = checks.attempt(path, "its model", lambda: run.folder.wanted_chain(name))
    if wanted is None:
        return
    for each in paths.values():
        checks.attempt(
            each,
            "digest, configuration, place",
            lambda each=each: check_segment(each, read_segment(each), wanted),
        )
    data = checks.attempt(
        path,
        "continuity, series, fields",
        lambda: run.chain(name),
        lambda data: f"{data.n_chains} x {data.n_samples} samples",
    )
    if data is not None:
        if data.n_samples < chain.n_samples:
            checks.note(path, "samples", f"{data.n_samples} of {chain.n_samples} so far")
        checks.attempt(
            path,
            "observables, recomputed",
            lambda: remeasured(run, name, data),
            lambda count: f"{count} configurations",
        )


def _check_summary(run: ResolvedRun, checks: Checks) -> None:
    path = run.folder.results_path / "summary.json"
    if not path.exists():
        checks.note(path, "results", "not measured yet")
    elif not any(check.status == "failed" for check in checks.done):
        checks.attempt(path, "results, recomputed", lambda: _compare_summary(run))


def _compare_summary(run: ResolvedRun) -> None:
    different = _difference(run.folder.summary(), results_of(run), "")
    if different is not None:
        raise RunFolderError(
            f"{run.folder.results_path / 'summary.json'}: {different} is not what the samples "
            f"say; `latflow measure {run.folder.path}` computes it again"
        )


def _difference(found: Any, expected: Any, place: str) -> str | None:
    """The first place where two summaries differ by more than rounding."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted({*found, *expected}):
            inner = f"{place}.{key}" if place else str(key)
            if key not in found or key not in expected:
                return inner
            if (deeper := _difference(found[key], expected[key], inner)) is not None:
                return deeper
        return None
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, pair in enumerate(zip(found, expected, strict=True)):
            if (deeper := _difference(*pair, f"{place}.{number}")) is not None:
                return deeper
        return None
    if isinstance(found, float) and isinstance(expected, float):
        return None if math.isclose(found, expected, rel_tol=_ROUNDING, abs_tol=1e-300) else place
    return None if found == expected else place
