"""The ``[model]`` block."""

import re
from pathlib import Path

from pydantic import Field, model_validator

from latflow.annealing import AnnealingSettings
from latflow.errors import ConfigError
from latflow.flows import FlowSettings
from latflow.priors import PriorSettings
from latflow.runs.configuration._shipped import MARK, run_path
from latflow.settings import PathText, Settings

_MOST_LAYERS = 1024


class ConditionalSettings(Settings):
    """One model for a range of couplings: each parameter of the flows is a polynomial in them."""

    couplings: dict[str, tuple[float, float]] = Field(
        min_length=1,
        description="parameters of the theory that differ, with their values at both ends; several "
        "change together",
    )
    degree: int = Field(3, ge=1, le=16, description="of the polynomials")


class ModelSettings(Settings):
    """The model to be trained: an easy density pushed through a flow."""

    prior: PriorSettings = Field(description="density that the flow starts from")
    flow: tuple[FlowSettings, ...] = Field(
        (), max_length=64, description="flows that act one after the other; none: the prior itself"
    )
    annealing: AnnealingSettings | None = Field(
        None,
        description="carry draws of the flow on to the target by Markov steps; not given: the flow "
        "ends there",
    )
    conditional: ConditionalSettings | None = Field(
        None,
        description="one model for a range of couplings: training draws them from it, and any run "
        "with couplings inside may start from the model; not given: for the couplings of the run",
    )
    initial: PathText | None = Field(
        None,
        description="folder of a finished run with the same [model], or of one stage of its "
        "training (RUN/training/stage-N), or latflow:NAME, a trained model that comes with "
        "latflow: training starts from that model, moved to this lattice; not given: from scratch",
    )
    initial_sha256: str | None = Field(
        None,
        pattern="[0-9a-f]{64}",
        description="of the numbers in the checkpoint of that model; a run writes it down, and "
        "refuses to start from others",
    )

    @model_validator(mode="after")
    def _flows_that_may_be_conditional(self):
        if self.conditional is not None and (self.annealing is not None or not self.flow):
            raise ValueError("conditional needs flows, and no annealing: leave one of them out")
        return self

    @model_validator(mode="after")
    def _digest_of_something(self):
        if self.initial is None and self.initial_sha256 is not None:
            raise ValueError("initial_sha256 is of the model that initial names: give both")
        return self

    @property
    def n_layers(self) -> int:
        """Layers of all flows together, as far as they are counted by a key ``layers``."""
        return sum(getattr(block, "layers", 1) for block in self.flow)

    @model_validator(mode="after")
    def _not_too_deep(self):
        if self.n_layers > _MOST_LAYERS:
            raise ValueError(
                f"the flows have {self.n_layers} layers together; at most {_MOST_LAYERS}"
            )
        return self

    @property
    def initial_run(self) -> tuple[Path, int | None] | None:
        """The run that ``initial`` names, and the stage of its training if it names one.

        Raises:
            ConfigError: no such model comes with latflow.
        """
        if self.initial is None:
            return None
        if self.initial.startswith(MARK):
            try:
                return run_path(self.initial), None
            except ConfigError as error:
                raise ConfigError("model.initial", error.message) from None
        path = Path(self.initial)
        stage = re.fullmatch(r"stage-(\d+)", path.name)
        if stage and path.parent.name == "training":
            return path.parents[1], int(stage[1])
        return path, None
