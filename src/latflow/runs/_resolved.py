"""A run, resolved once: everything that its steps need to know, made from its folder."""

from dataclasses import dataclass

from latflow.observables import Measurement, Observable
from latflow.runs._observables import observables_of
from latflow.runs._recorded import check_recorded
from latflow.runs._stages import TrainingStage, training_stages
from latflow.runs.building import build_theory
from latflow.runs.configuration import RunConfig
from latflow.runs.pools import behind_prior
from latflow.runs.store import ChainData, RunFolder, check_latest_checkpoint
from latflow.theories import Theory


@dataclass(frozen=True)
class ResolvedRun:
    """A run as its configuration describes it: made once for a command, handed to its steps.

    Attributes:
        folder: where it lies.
        config: its configuration.
        theory: the target.
        measurement: what is measured on configurations.
        stages: of its training, the last one with the run's own theory; none without a model.
        behind_prior: what the run that the prior is made from contributes; ``None`` without one.
        training_digest: identifies everything that determines the trained model; empty without
            one.
    """

    folder: RunFolder
    config: RunConfig
    theory: Theory
    measurement: Measurement
    stages: tuple[TrainingStage, ...]
    behind_prior: str | None
    training_digest: str

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What is measured, in the order of tables."""
        return self.measurement.observables

    def chain(self, name: str) -> ChainData:
        """All samples of one chain, as :meth:`RunFolder.chain` reads them, with what is measured
        now recorded in them.

        Raises:
            RunFolderError: what :meth:`RunFolder.chain` says, or other things were recorded.
        """
        data = self.folder.chain(name)
        check_recorded(self.folder.chain_path(name), data, self.measurement)
        return data

    def check_training(self) -> None:
        """Refuse checkpoints of another configuration, or of another model behind the prior.

        Raises:
            RunFolderError: there are some.
        """
        for stage in self.stages:
            check_latest_checkpoint(stage.path, self.training_digest)


def resolve(run: RunFolder | ResolvedRun) -> ResolvedRun:
    """A run with everything that its configuration says; one that is resolved stays as it is.

    Raises:
        RunFolderError: its configuration cannot be read.
        ConfigError: the configuration describes something that cannot be, or there is something
            wrong with the run behind its prior.
    """
    if isinstance(run, ResolvedRun):
        return run
    config = run.config()
    theory = build_theory(config)
    below = behind_prior(config)
    return ResolvedRun(
        folder=run,
        config=config,
        theory=theory,
        measurement=Measurement(theory, observables_of(config, theory)),
        stages=training_stages(run, config, theory),
        behind_prior=below,
        training_digest=config.training_digest(below) if config.training else "",
    )
