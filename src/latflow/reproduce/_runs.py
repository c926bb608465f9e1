"""The runs of a recipe: opened or made, finished, and read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax

from latflow.analysis import Estimate, gamma_method
from latflow.errors import RunFolderError
from latflow.reproduce._recipe import Work
from latflow.runs import Progress, RunConfig, RunFolder, measure, sample, session, stop_if, train
from latflow.scans import sample_to_error


class Precision(NamedTuple):
    """Relative error of a chain's largest autocorrelation time, and the most samples for it."""

    error: float
    longest: int


def finished(
    work: Work,
    path: Path,
    config: RunConfig,
    chains: Sequence[str],
    title: str,
    precision: Precision | None = None,
) -> RunFolder:
    """A run with its model trained, these chains sampled, and everything measured.

    Args:
        work: who wants it.
        path: its folder; made if it is not there.
        config: what it shall be.
        chains: names of the chains that are needed now.
        title: what it is called while it is worked on.
        precision: how well their autocorrelation times have to be known; chains are then longer
            than the configuration says where they must be.

    Raises:
        Interrupted: ``work.should_stop`` said so; everything done is saved.
        RunFolderError: it was made with other settings, or is damaged.
    """
    folder = _opened(path, config, precision is not None)
    if is_finished(folder, folder.config(), chains):
        return folder
    stop_if(work.should_stop)
    progress = Titled(work.progress, title)
    with session(folder, work.command):
        train(folder, progress, work.should_stop)
        if precision is None:
            sample(folder, list(chains), progress, work.should_stop)
        else:
            for name in chains:
                sample_to_error(
                    folder, name, precision.error, precision.longest, progress, work.should_stop
                )
        measure(folder)
    # The next run compiles its own: a process may map only so many pieces of memory, and the
    # programs of half a dozen runs fill them.
    jax.clear_caches()
    work.progress.message(f"{title}: done")
    return folder


def is_finished(folder: RunFolder, config: RunConfig, chains: Sequence[str]) -> bool:
    """Whether a run has been trained, and measured with these chains at their full length."""
    try:
        summary = folder.summary()
    except RunFolderError:
        return False
    trained = config.training is None or "training" in summary
    return trained and all(
        name in summary["chains"]
        and summary["chains"][name]["n_samples"] >= config.chain(name).n_samples
        for name in chains
    )


def measured(folder: RunFolder, name: str) -> Estimate:
    """A number of ``summary.training`` with its error."""
    training = folder.summary()["training"]
    value, error = training[name], training[f"{name}_error"]
    nan = float("nan")
    return Estimate(nan if value is None else value, nan if error is None else error)


def chain_acceptance(folder: RunFolder, name: str) -> Estimate:
    """Mean acceptance probability of a chain's proposals, with its error."""
    result = gamma_method(folder.chain(name).infos["acceptance"])
    return Estimate(float(result.value), float(result.error))


def _opened(path: Path, config: RunConfig, lengthened: bool) -> RunFolder:
    """The run in a folder if it is the one that is wanted; a new one where there is none."""
    if not (path / "config.toml").is_file():
        return RunFolder.create(path, config)
    folder = RunFolder(path)
    if _settings_of(folder.config(), lengthened) != _settings_of(config, lengthened):
        raise RunFolderError(
            f"{path}: made with other settings than this recipe has; choose another --out, or "
            "delete that folder to do it again"
        )
    return folder


def _settings_of(config: RunConfig, lengthened: bool) -> dict:
    """The configuration but for where other runs lie, since the recipe may have been moved, and
    for the lengths of chains where these are found out."""
    content = config.resolved()
    where = ("initial", "initial_sha256")
    model = {key: value for key, value in content.get("model", {}).items() if key not in where}
    if "prior" in model:
        model["prior"] = {k: value for k, value in model["prior"].items() if k != "run"}
    chains = content["chains"]
    if lengthened:
        chains = [{k: v for k, v in chain.items() if k != "n_samples"} for chain in chains]
    return {**content, "model": model, "chains": chains}


class Titled:
    """Progress of one run among many, with its title in front.

    Args:
        progress: where it is shown.
        title: of the run.
    """

    def __init__(self, progress: Progress, title: str):
        self._progress, self._title = progress, title

    def stage(self, name: str, total: int, done: int) -> None:
        """Pass on, with the title."""
        self._progress.stage(f"{self._title}: {name}", total, done)

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Pass on."""
        self._progress.advance(done, live)

    def message(self, text: str) -> None:
        """Pass on, with the title."""
        self._progress.message(f"{self._title}: {text}")
