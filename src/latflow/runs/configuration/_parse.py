"""From nested plain values to a typed configuration."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.runs.configuration._config import RunConfig
from latflow.runs.configuration._errors import explain
from latflow.runs.configuration._run_config_class import run_config_class
from latflow.runs.configuration._schema import with_default_tags


def config_from(raw: Mapping[str, Any]) -> RunConfig:
    """The typed configuration of nested plain values.

    Raises:
        ConfigError: an unknown key, a wrong type, or a value out of range.
    """
    root = run_config_class()
    raw = with_default_tags(root, raw)
    try:
        # As JSON, because in strict mode a list of TOML is not taken for a tuple.
        return root.model_validate_json(json.dumps(raw, default=str), strict=True)
    except ValidationError as error:
        key, message = explain(root, error, raw)
        raise ConfigError(key, message) from None
