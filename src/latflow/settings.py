"""The base of every typed configuration block, so that a part and its settings share one file."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A block of a run's configuration: immutable, typed, and closed to unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True
    )
