"""From a TOML file, a preset's name or nested values to a checked configuration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError
from latflow.runs._check import check_buildable
from latflow.runs.configuration import (
    RunConfig,
    apply_overrides,
    config_from,
    preset_names,
    read_preset,
    read_toml,
)


def load_config(
    source: Path | str, overrides: Sequence[str] = (), seed: int | None = None
) -> RunConfig:
    """The checked configuration of a TOML file or a preset.

    Args:
        source: path of a TOML file, or the name of a preset.
        overrides: changes as ``key.path=value``, applied in order.
        seed: replaces the configuration's seed.

    Raises:
        ConfigError: anything about it is wrong; the message names the key.
    """
    raw = apply_overrides(read_raw(source), overrides)
    if seed is not None:
        raw["seed"] = seed
    config = config_from(raw)
    check_buildable(config)
    return config


def read_raw(source: Path | str) -> dict[str, Any]:
    """What a TOML file or a preset says, before it is checked.

    Raises:
        ConfigError: there is no such file or preset, or it is not TOML.
    """
    path = Path(source)
    looks_like_file = path.suffix == ".toml" or len(path.parts) > 1
    if not looks_like_file and str(source) in preset_names():
        return read_preset(str(source))
    if not path.exists() and not looks_like_file:
        names = ", ".join(preset_names())
        raise ConfigError("", f"{source}: neither a file nor a preset; presets are {names}")
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ConfigError("", f"{source}: no such file; `latflow init` prints one") from None
