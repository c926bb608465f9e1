"""From nested plain values to a typed configuration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.runs.configuration._config import RunConfig
from latflow.runs.configuration._errors import explain
from latflow.runs.configuration._paths import with_absolute_paths, with_near_paths
from latflow.runs.configuration._read import check_modest
from latflow.runs.configuration._run_config_class import run_config_class
from latflow.runs.configuration._schema import with_default_tags


def config_from(raw: Mapping[str, Any], folder: Path | None = None) -> RunConfig:
    """The typed configuration of nested plain values, its paths absolute.

    Args:
        raw: as a TOML file has them.
        folder: what relative paths are relative to; the working folder if not given.

    Raises:
        ConfigError: an unknown key, a wrong type, or a value out of range.
    """
    check_modest(raw)
    root = run_config_class()
    raw = with_default_tags(root, raw)
    raw = with_absolute_paths(root, raw, Path.cwd() if folder is None else folder)
    try:
        # As JSON, because in strict mode a list of TOML is not taken for a tuple.
        config = root.model_validate_json(json.dumps(raw, default=str), strict=True)
    except ValidationError as error:
        key, message = explain(root, error, raw)
        raise ConfigError(key, message) from None
    config.require_steps()
    return config


def stored_in(config: RunConfig, folder: Path) -> dict[str, Any]:
    """The content of a run's ``config.toml``: every default written out, paths as stored.

    Args:
        config: of the run.
        folder: of the run, to which paths nearby are relative.
    """
    return with_near_paths(run_config_class(), config.resolved(), folder)
