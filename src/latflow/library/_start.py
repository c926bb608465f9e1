"""From a configuration to objects, or to a finished run."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from latflow.library._progress import Bars
from latflow.library._run import Run
from latflow.models import Proposer
from latflow.runs import (
    RunConfig,
    RunFolder,
    build_model,
    build_theory,
    check_buildable,
    check_shipped,
    claimed_path,
    config_from,
    load_config,
    with_shipped_model,
)
from latflow.runs import run as run_all
from latflow.theories import Theory

Config = RunConfig | Mapping[str, Any] | str | Path


def build(config: Config, overrides: Sequence[str] = ()) -> tuple[Theory, Proposer | None]:
    """Theory and untrained model of a configuration.

    Args:
        config: the name of a preset, the path of a TOML file, nested values, or a checked
            configuration.
        overrides: changes as ``key.path=value``, for presets and files.

    Returns:
        The theory, and the model or ``None`` where the configuration has none.

    Raises:
        ConfigError: something about it is wrong; the message names the key.
    """
    checked = checked_config(config, overrides)
    return build_theory(checked), build_model(checked)


def run(
    config: Config,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    progress: bool = False,
    pretrained: bool = False,
) -> Run:
    """Train, sample and measure, as ``latflow run`` does, without a report.

    Args:
        config: as for :func:`build`.
        out: folder of the run; a new one in ``runs`` if not given.
        overrides: changes as ``key.path=value``, for presets and files.
        progress: whether bars are shown.
        pretrained: whether the trained model is taken that comes with a preset.

    Raises:
        ConfigError: something about the configuration is wrong, or no model comes with it.
        RunFolderError: something is in the way.
    """
    checked = checked_config(config, overrides)
    name = Path(config).stem if isinstance(config, str | Path) else "run"
    if pretrained:
        check_shipped(checked, str(config))
    folder = RunFolder.create(out or claimed_path(name), checked)
    if pretrained:
        with_shipped_model(folder, str(config))
    with Bars() if progress else nullcontext() as bars:
        run_all(folder, bars)
    return Run(folder)


def checked_config(config: Config, overrides: Sequence[str] = ()) -> RunConfig:
    """The checked configuration, whatever it was given as."""
    if isinstance(config, str | Path):
        return load_config(config, overrides)
    checked = config if isinstance(config, RunConfig) else config_from(dict(config))
    check_buildable(checked)
    return checked
