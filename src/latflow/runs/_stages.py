"""The stages of a run's training: smaller lattices or other couplings first, the target last."""

from dataclasses import dataclass
from pathlib import Path

from latflow.runs.building import build_stage_theory, build_theory
from latflow.runs.configuration import RunConfig
from latflow.runs.store import RunFolder
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
        is_last: whether its theory is that of the run.
    """

    number: int
    label: str
    path: Path
    theory: Theory
    settings: TrainingSettings
    purpose: str
    is_last: bool


def training_stages(
    folder: RunFolder, config: RunConfig, theory: Theory | None = None
) -> tuple[TrainingStage, ...]:
    """All stages in order, the run's own theory last; none for a run without training.

    Args:
        folder: of the run.
        config: its configuration.
        theory: its theory, if it has been built.

    Raises:
        ConfigError: a stage asks for a theory that cannot be.
    """
    settings = config.training
    if settings is None:
        return ()
    stages = []
    for number in range(len(settings.stages)):
        of_stage = build_stage_theory(config, number)
        extents = " x ".join(map(str, of_stage.space.lattice.shape))
        stages.append(
            TrainingStage(
                number=number,
                label=f"training, stage {number + 1}: {extents}",
                path=folder.stage_path(number),
                theory=of_stage,
                settings=settings.of_stage(number),
                purpose=f"training/stage-{number}",
                is_last=False,
            )
        )
    last = TrainingStage(
        number=len(stages),
        label="training",
        path=folder.training_path,
        theory=build_theory(config) if theory is None else theory,
        settings=settings,
        purpose="training",
        is_last=True,
    )
    return (*stages, last)
