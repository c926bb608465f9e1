"""Ready-made configurations that come with the package."""

import tomllib
from importlib.resources import files
from typing import Any

from latflow.errors import ConfigError

DEFAULT = "quickstart"


def preset_names() -> tuple[str, ...]:
    """Names of all presets, the default one first."""
    names = (entry.name.removesuffix(".toml") for entry in _folder().iterdir())
    return tuple(sorted(names, key=lambda name: (name != DEFAULT, _natural(name))))


def preset_text(name: str) -> str:
    """The TOML text of a preset.

    Raises:
        ConfigError: there is no such preset.
    """
    if name not in preset_names():
        raise ConfigError("", f"{name}: no such preset; presets are {', '.join(preset_names())}")
    return (files("latflow.runs.configuration") / "presets" / f"{name}.toml").read_text(
        encoding="utf-8"
    )


def read_preset(name: str) -> dict[str, Any]:
    """What a preset says, before it is checked."""
    return tomllib.loads(preset_text(name))


def preset_description(name: str) -> str:
    """The preset's first line, a comment that says what it is."""
    return preset_text(name).splitlines()[0].lstrip("# ").rstrip()


def _folder():
    return files("latflow.runs.configuration") / "presets"


def _natural(name: str) -> tuple:
    """Sort key that puts L8 before L12."""
    digits = "".join(c if c.isdecimal() else " " for c in name).split()
    words = "".join(" " if c.isdecimal() else c for c in name).split()
    return words, [int(number) for number in digits]
