"""The local update that some kernels alternate with, as a block or just a name."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as PydanticField

from latflow.kernels._hmc import HMCSettings
from latflow.kernels.scalar._metropolis import MetropolisSettings


def _named(value: Any) -> Any:
    """Let a kernel's name stand for its default settings."""
    return {"kernel": value} if isinstance(value, str) else value


Update = Annotated[
    Annotated[MetropolisSettings | HMCSettings, PydanticField(discriminator="kernel")],
    BeforeValidator(_named),
]
