"""The stages of a run's training: smaller lattices or other couplings first, the target last."""

from dataclasses import dataclass
from pathlib import Path

from latflow.runs._build import build_stage_theory, build_theory
from latflow.runs.configuration._config import RunConfig
from latflow.runs.store._folder import RunFolder
from latflow.theories import Theory
from latflow.training import TrainingSettings


@dataclass(frozen=True)
class TrainingStage:
    """One stage; it keeps its checkpoints, metrics and evaluation in a folder of its own.

    Attributes:
        number: 0 for the first.
        label: for people, such as "training 8 x 8"; the last stage is just "training".
        path: its folder.
        theory: its target.
        settings: how it is trained.
        purpose: names its random numbers.
    """

    number: int
    label: str
    path: Path
    theory: Theory
    settings: TrainingSettings
    purpose: str


def training_stages(folder: RunFolder, config: RunConfig) -> tuple[TrainingStage, ...]:
    """All stages in order, the run's own theory last; none for a run without training.

    Raises:
        ConfigError: a stage asks for a theory that cannot be.
    """
    settings = config.training
    if settings is None:
        return ()
    stages = []
    for number in range(len(settings.stages)):
        theory = build_stage_theory(config, number)
        extents = " x ".join(map(str, theory.space.lattice.shape))
        stages.append(
            TrainingStage(
                number,
                f"training, stage {number + 1}: {extents}",
                folder.stage_path(number),
                theory,
                settings.of_stage(number),
                f"training/stage-{number}",
            )
        )
    last = TrainingStage(
        len(stages), "training", folder.training_path, build_theory(config), settings, "training"
    )
    return (*stages, last)
