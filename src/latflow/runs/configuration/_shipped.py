"""Trained models that come with the package: small run folders whose training is finished.

``shipped/NAME`` holds ``config.toml`` (that of the preset NAME), ``provenance.json`` of the
training, the last checkpoint, and ``quality.json``, what it was worth. A configuration names it as
``latflow:NAME`` wherever it may name the folder of a run.
"""

import json
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError

MARK = "latflow:"
"""What the name of a shipped model begins with, where a path may stand."""

_FOLDER = Path(__file__).parent / "shipped"


def shipped_names() -> tuple[str, ...]:
    """Names of the presets whose trained models come with the package."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob("*/config.toml")))


def shipped_path(name: str) -> Path:
    """The run folder of a shipped model; it is only read.

    Raises:
        ConfigError: there is no such model.
    """
    if name not in shipped_names():
        raise ConfigError(
            "",
            f"{MARK}{name}: no such model comes with latflow; there are "
            f"{', '.join(MARK + each for each in shipped_names())}",
        )
    return _FOLDER / name


def shipped_quality(name: str) -> dict[str, Any]:
    """``ess``, ``ess_error``, ``evaluation_samples``, ``parameters``, ``steps``, ``seconds``.

    Raises:
        ConfigError: there is no such model.
    """
    return json.loads((shipped_path(name) / "quality.json").read_text(encoding="utf-8"))


def run_path(text: str) -> Path:
    """The run folder that a text names: a path, or ``latflow:NAME``.

    Raises:
        ConfigError: no model of this name comes with the package.
    """
    return shipped_path(text.removeprefix(MARK)) if text.startswith(MARK) else Path(text)
