"""The runs of the recipe: opened or made, finished, and read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from latflow.analysis import Estimate, gamma_method
from latflow.errors import RunFolderError
from latflow.reproduce._komijani2022 import _configurations as configurations
from latflow.reproduce._komijani2022._plan import Plan
from latflow.reproduce._recipe import Work
from latflow.runs import (
    Progress,
    RunConfig,
    RunFolder,
    config_from,
    measure,
    sample,
    session,
    stop_if,
    train,
)


def model_folder(work: Work, kappa: float, extent: int) -> Path:
    """Where the run of a coupling and a lattice lies."""
    return work.folder / "runs" / f"kappa-{kappa:.2f}" / f"L{extent}"


def finished_model(
    work: Work, plan: Plan, kappa: float, extent: int, chains: Sequence[str] = ()
) -> RunFolder:
    """The run of a coupling and a lattice, after all smaller ones, with these chains sampled.

    Raises:
        Interrupted: ``work.should_stop`` said so; everything done is saved.
        RunFolderError: a run was made with other settings, or is damaged.
    """
    initial: Path | None = None
    for smaller in plan.extents:
        # Absolute, since the same command may be given from elsewhere the next time.
        path = model_folder(work, kappa, smaller).resolve()
        raw = configurations.model_run(plan, kappa, smaller, initial, work.seed)
        names = chains if smaller == extent else ()
        title = f"κ = {kappa:.2f}, L = {smaller}"
        folder = finished(work, path, config_from(raw), names, title)
        if smaller == extent:
            return folder
        initial = path
    raise ValueError(f"L = {extent} is no rung of the ladder {plan.extents}")


def finished(
    work: Work, path: Path, config: RunConfig, chains: Sequence[str], title: str
) -> RunFolder:
    """A run with its model trained, these chains sampled, and everything measured.

    Args:
        work: who wants it.
        path: its folder; made if it is not there.
        config: what it shall be.
        chains: names of the chains that are needed now.
        title: what it is called while it is worked on.

    Raises:
        Interrupted: ``work.should_stop`` said so; everything done is saved.
        RunFolderError: it was made with other settings, or is damaged.
    """
    folder = _opened(path, config)
    if is_finished(folder, config, chains):
        return folder
    stop_if(work.should_stop)
    progress = Titled(work.progress, title)
    with session(folder, work.command):
        train(folder, progress, work.should_stop)
        sample(folder, list(chains), progress, work.should_stop)
        measure(folder)
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


def _opened(path: Path, config: RunConfig) -> RunFolder:
    """The run in a folder if it is the one that is wanted; a new one where there is none."""
    if not (path / "config.toml").is_file():
        return RunFolder.create(path, config)
    folder = RunFolder(path)
    if _without_place(folder.config()) != _without_place(config):
        raise RunFolderError(
            f"{path}: made with other settings than this recipe has; choose another --out, or "
            "delete that folder to do it again"
        )
    return folder


def _without_place(config: RunConfig) -> dict:
    """The configuration but for where the initial model lies: the recipe may have been moved."""
    content = config.resolved()
    model = {key: value for key, value in content.get("model", {}).items() if key != "initial"}
    return {**content, "model": model}


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
