"""A run, resolved once: everything that its steps need to know, made from its folder."""

from dataclasses import dataclass
from functools import cached_property

from latflow.observables import Measurement, Observable
from latflow.runs._build import build_theory
from latflow.runs._observables import observables_of
from latflow.runs._stages import TrainingStage, training_stages
from latflow.runs.configuration import RunConfig
from latflow.runs.pools import behind_prior
from latflow.runs.store import RunFolder
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
    """

    folder: RunFolder
    config: RunConfig
    theory: Theory
    measurement: Measurement
    stages: tuple[TrainingStage, ...]

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What is measured, in the order of tables."""
        return self.measurement.observables

    @cached_property
    def behind_prior(self) -> str | None:
        """What the run that the prior is made from contributes; ``None`` without one.

        Raises:
            ConfigError: there is something wrong with that run.
        """
        return behind_prior(self.config)

    @cached_property
    def training_digest(self) -> str:
        """Identifies everything that determines the trained model."""
        return self.config.training_digest(self.behind_prior)

    def chain_digest(self, name: str) -> str:
        """Identifies everything that determines a chain's samples, but for their number."""
        return self.config.chain_digest(name, self.behind_prior)


def resolve(run: RunFolder | ResolvedRun) -> ResolvedRun:
    """A run with everything that its configuration says; one that is resolved stays as it is.

    Raises:
        RunFolderError: its configuration cannot be read.
        ConfigError: the configuration describes something that cannot be.
    """
    if isinstance(run, ResolvedRun):
        return run
    config = run.config()
    theory = build_theory(config)
    return ResolvedRun(
        folder=run,
        config=config,
        theory=theory,
        measurement=Measurement(theory, observables_of(config, theory)),
        stages=training_stages(run, config, theory),
    )
