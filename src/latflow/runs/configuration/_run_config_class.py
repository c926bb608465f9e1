"""The configuration's types with a choice of all parts that there are: built in and installed."""

from functools import cache
from typing import Any

from pydantic import Field, create_model

from latflow.annealing import AnnealingSettings
from latflow.flows import known_flows
from latflow.priors import known_priors
from latflow.runs.configuration._chains import chain_block
from latflow.runs.configuration._config import RunConfig
from latflow.runs.configuration._model import ModelSettings
from latflow.sampling import known_kernels
from latflow.settings import Settings, one_of
from latflow.theories import known_theories


@cache
def run_config_class() -> type[RunConfig]:
    """The class of all configurations, made when it is first needed.

    Raises:
        ConfigError: an installed package names a part that cannot be loaded.
    """
    priors = known_priors()
    model: Any = create_model(
        "ModelSettings",
        __base__=ModelSettings,
        __doc__=ModelSettings.__doc__,
        # The first prior of the registry is the one that is meant where none is named.
        prior=_field(ModelSettings, "prior", one_of(priors, "kind"), priors[0].model_validate({})),
        flow=_field(ModelSettings, "flow", tuple[one_of(known_flows(), "kind"), ...], ()),
        annealing=_field(ModelSettings, "annealing", AnnealingSettings.with_parts() | None, None),
    )
    chains = tuple(chain_block(kernel) for kernel in known_kernels())
    made: Any = create_model(
        "RunConfig",
        __base__=RunConfig,
        __doc__=RunConfig.__doc__,
        theory=_field(RunConfig, "theory", one_of(known_theories(), "kind")),
        model=_field(RunConfig, "model", model | None, None),
        chains=_field(RunConfig, "chains", tuple[one_of(chains, "kernel"), ...], ()),
    )
    return made


def _field(base: type[Settings], name: str, annotation: Any, default: Any = ...) -> tuple[Any, Any]:
    """A field of a base class with a narrower type; what it means stays as it is."""
    return annotation, Field(default, description=base.model_fields[name].description)
