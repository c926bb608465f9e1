"""The ``[training]`` block of a configuration."""

from typing import Any, Literal

import optax
from pydantic import Field, field_validator, model_validator

from latflow.precision import Precision
from latflow.settings import Settings, largest_divisor, nearest_multiple
from latflow.theories import Extents
from latflow.training._adam import scale_by_adam
from latflow.training._forward_kl import ForwardKLSettings
from latflow.training._lag_one import TrajectorySettings


class StageSettings(Settings):
    """An earlier stage of training, on a smaller lattice or at other couplings.

    What is not given is as in ``[training]``. The model that comes out is where the next stage
    starts; the optimiser and the learning rate start anew.
    """

    shape: Extents | None = Field(
        None, description="lattice extents; not given: those of the theory"
    )
    couplings: dict[str, float] = Field(
        default_factory=dict, description="parameters of the theory that differ, by name"
    )
    steps: int | None = Field(None, ge=1, le=10**9, description="optimiser steps")
    batch: int | None = Field(None, ge=2, le=10**7, description="configurations per step")
    micro_batch: int | None = Field(
        None, ge=1, le=10**7, description="configurations differentiated at once"
    )
    learning_rate: float | None = Field(None, gt=0, description="peak learning rate of Adam")
    evaluation_samples: int | None = Field(
        None, ge=2, le=10**9, description="fresh samples for the stage's own ESS and log Z"
    )


class TrainingSettings(Settings):
    """How a model is trained."""

    steps: int = Field(
        2000,
        ge=0,
        le=10**9,
        description="optimiser steps; 0, the default where annealing has no flows, leaves the "
        'model as it is; 50 by default for the objective "log-weight-variance"',
    )
    batch: int = Field(
        512,
        ge=2,
        le=10**7,
        description='configurations per step; 256 by default for "log-weight-variance"',
    )
    micro_batch: int = Field(
        128,
        ge=1,
        le=10**7,
        description="configurations differentiated at once; must divide the batch; 32 by default "
        'for "log-weight-variance"',
    )
    objective: Literal[
        "reverse-kl",
        "path-gradient",
        "force-matching",
        "lag-one-autocorrelation",
        "log-weight-variance",
        "local-work",
        "transport-residual",
    ] = Field(
        "path-gradient",
        description="reverse Kullback-Leibler divergence, with the full or the path gradient; "
        "the squared difference of the forces of prior and target on the latent variables; how "
        "far a trajectory of flow HMC moves the mean of the field; the variance of log w, by "
        "least squares over all parameters at once, for models of at most 2000: no learning rate, "
        "and few steps; or, with [model.annealing] and "
        "the default there, the work of annealing with every flow trained for its own level, or "
        "how far a learnt drift is from carrying each theory into the next",
    )
    trajectory: TrajectorySettings | None = Field(
        None,
        description='trajectories of flow HMC, for the objective "lag-one-autocorrelation" '
        "only, which has defaults for them",
    )
    forward_kl: ForwardKLSettings | None = Field(
        None,
        description="a share of the forward divergence, on configurations of the target from "
        "Markov chains: for targets of which the model would leave something out; with the "
        "reverse divergence only",
    )
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of Adam")
    schedule: Literal["cosine", "constant"] = Field(
        "cosine", description="decay of the learning rate after the warm-up"
    )
    warm_up: int = Field(
        50, ge=0, le=10**9, description="steps of linear growth of the learning rate"
    )
    gradient_clip: float = Field(10.0, gt=0, description="largest norm of the gradient")
    precision: Precision = Field("single", description="precision of fields and parameters")
    chunk: int = Field(25, ge=1, le=10**5, description="steps compiled into one program")
    checkpoint_every: int = Field(
        500, ge=1, le=10**9, description="steps between checkpoints, rounded up to whole chunks"
    )
    evaluation_samples: int = Field(
        65536, ge=2, le=10**9, description="fresh samples for the final ESS and log Z"
    )

    stages: tuple[StageSettings, ...] = Field(
        (),
        max_length=64,
        description="earlier stages: smaller lattices or other couplings to start from",
    )

    @field_validator("trajectory")
    @classmethod
    def _trajectory_where_there_is_one(
        cls, value: TrajectorySettings | None, info: Any
    ) -> TrajectorySettings | None:
        objective = info.data.get("objective")
        if objective == "lag-one-autocorrelation":
            return value or TrajectorySettings.model_validate({})
        if value is not None and objective is not None:
            raise ValueError(
                'only the objective "lag-one-autocorrelation" has trajectories, '
                f'got objective = "{objective}"'
            )
        return value

    @field_validator("forward_kl")
    @classmethod
    def _both_are_divergences(
        cls, value: ForwardKLSettings | None, info: Any
    ) -> ForwardKLSettings | None:
        objective = info.data.get("objective", "reverse-kl")
        if value is not None and objective not in ("reverse-kl", "path-gradient"):
            raise ValueError(
                'the forward divergence is added to the objectives "path-gradient" and '
                f'"reverse-kl" only, got objective = "{objective}"'
            )
        return value

    @model_validator(mode="after")
    def _stages_are_sound(self):
        for number in range(len(self.stages)):
            self.of_stage(number)
        return self

    def of_stage(self, number: int) -> "TrainingSettings":
        """The settings of an earlier stage, with everything that it leaves open filled in."""
        keys = ("steps", "batch", "micro_batch", "learning_rate", "evaluation_samples")
        stage = self.stages[number]
        given = {key: getattr(stage, key) for key in keys if getattr(stage, key) is not None}
        if stage.batch is not None and stage.micro_batch is None:
            given["micro_batch"] = largest_divisor(stage.batch, self.micro_batch)
        return TrainingSettings.model_validate(self.model_dump() | {"stages": ()} | given)

    @model_validator(mode="after")
    def _few_steps_of_least_squares(self):
        if self.is_least_squares:
            self.adapt("steps", 50)
            self.adapt("batch", 256)
            self.adapt("micro_batch", 32)
        return self

    @model_validator(mode="after")
    def _whole_micro_batches(self):
        at_once = min(self.micro_batch, self.batch)
        if self.batch % at_once:
            self.adapt("micro_batch", largest_divisor(self.batch, at_once))
        if self.batch % min(self.micro_batch, self.batch):
            self.adapt("batch", nearest_multiple(self.micro_batch, self.batch))
        if self.batch % min(self.micro_batch, self.batch):
            raise ValueError(
                f"micro_batch must divide batch, got {self.micro_batch} and {self.batch}"
            )
        return self

    @property
    def loss_is_divergence(self) -> bool:
        """Whether the loss is the reverse divergence, which is -log Z at least."""
        return self.objective in ("reverse-kl", "path-gradient") and self.forward_kl is None

    @property
    def is_least_squares(self) -> bool:
        """Whether every step solves for all parameters at once, and no gradient is followed."""
        return self.objective == "log-weight-variance"

    def learning_rate_schedule(self) -> optax.Schedule:
        """Learning rate as a function of the step."""
        steps = max(1, self.steps)
        warm_up = min(self.warm_up, steps - 1)
        if self.schedule == "cosine":
            return optax.warmup_cosine_decay_schedule(
                self.learning_rate / (warm_up + 1), self.learning_rate, warm_up, steps
            )
        growth = optax.linear_schedule(
            self.learning_rate / (warm_up + 1), self.learning_rate, warm_up
        )
        return growth

    def optimiser(self) -> optax.GradientTransformation:
        """Adam behind gradient clipping."""
        return optax.chain(
            optax.clip_by_global_norm(self.gradient_clip),
            scale_by_adam(b1=0.9, b2=0.99),
            optax.scale_by_learning_rate(self.learning_rate_schedule()),
        )
