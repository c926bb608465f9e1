"""The ``[model]`` block."""

import re
from pathlib import Path

from pydantic import Field

from latflow.flows import FlowSettings
from latflow.priors import PriorSettings
from latflow.settings import PathText, Settings


class ModelSettings(Settings):
    """The model to be trained: an easy density pushed through a flow."""

    prior: PriorSettings = Field(description="density that the flow starts from")
    flow: tuple[FlowSettings, ...] = Field(
        (), description="flows that act one after the other; none: the prior itself"
    )
    initial: PathText | None = Field(
        None,
        description="folder of a finished run with the same [model], or of one stage of its "
        "training (RUN/training/stage-N): training starts from that model, moved to this "
        "lattice; not given: from scratch",
    )

    @property
    def initial_run(self) -> tuple[Path, int | None] | None:
        """The run that ``initial`` names, and the stage of its training if it names one."""
        if self.initial is None:
            return None
        path = Path(self.initial)
        stage = re.fullmatch(r"stage-(\d+)", path.name)
        if stage and path.parent.name == "training":
            return path.parents[1], int(stage[1])
        return path, None
