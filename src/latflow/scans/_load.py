"""From a TOML file, a line's name or nested values to the checked settings of a scan."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.runs import apply_overrides, check_modest, dotted, read_toml
from latflow.scans._kernels import kernels_by_kind
from latflow.scans._lines import extended, line_names
from latflow.scans._settings import (
    LONGEST_NAME,
    NAME,
    QUICK_TARGET,
    ScanEnsembleSettings,
    ScanSettings,
)


def load_scan(
    source: Path | str,
    overrides: Sequence[str] = (),
    kernels: Sequence[str] | None = None,
    quick: bool = False,
    seed: int | None = None,
) -> ScanSettings:
    """The checked settings of a TOML file or a built-in line.

    Args:
        source: path of a TOML file, or the name of a line.
        overrides: changes as ``key.path=value``, applied in order; blocks go by name, as in
            ``kernels.hmc.steps=20``.
        kernels: which of the kernels to take, by name; one that the scan does not have is
            taken with its default settings.
        quick: be content with errors of 8 % on autocorrelation times.
        seed: replaces the scan's seed.

    Raises:
        ConfigError: anything about it is wrong; the message names the key.
    """
    raw = extended(_read(source))
    if quick:
        raw["target_error"] = max(QUICK_TARGET, _number(raw.get("target_error")))
    if kernels is not None:
        raw["kernels"] = [_kernel_block(raw["kernels"], name) for name in kernels]
    # So that changes find them by name.
    raw["kernels"] = [{"name": block.get("kernel"), **block} for block in raw["kernels"]]
    raw = apply_overrides(raw, overrides)
    if seed is not None:
        raw["seed"] = seed
    return scan_from(raw)


def scan_from(raw: Mapping[str, Any]) -> ScanSettings:
    """The checked settings of nested plain values.

    Raises:
        ConfigError: an unknown key, a wrong type, or a value out of range.
    """
    check_modest(raw)
    raw = extended(raw)
    raw["kernels"] = [_named(block, index) for index, block in enumerate(raw["kernels"])]
    try:
        return ScanSettings.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, raw) from None


def _read(source: Path | str) -> dict[str, Any]:
    lines = line_names()
    if str(source) in lines:
        return {"line": str(source)}
    path = Path(source)
    if not path.exists() and path.suffix != ".toml" and len(path.parts) == 1:
        raise ConfigError("", f"{source}: neither a file nor a line; lines are {', '.join(lines)}")
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ConfigError("", f"{source}: no such file; lines are {', '.join(lines)}") from None


def _named(block: Mapping[str, Any], index: int) -> dict[str, Any]:
    """A kernel's block with its name, which is that of the kernel if none is given."""
    kinds = list(kernels_by_kind())
    kind = block.get("kernel")
    if kind not in kinds:
        given = "missing" if kind is None else f'"{kind}" is unknown'
        raise ConfigError(f"kernels.{index}.kernel", f"{given}; allowed: {', '.join(kinds)}")
    name = block.get("name", kind)
    if not isinstance(name, str) or not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
        raise ConfigError(
            f"kernels.{index}.name",
            f"must be letters, digits, - and _, at most {LONGEST_NAME} of them",
        )
    return {"name": name, **block}


def _kernel_block(blocks: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    named = {block.get("name", block.get("kernel")): block for block in blocks}
    if name in named:
        return named[name]
    kinds = list(kernels_by_kind())
    if name in kinds:
        return {"name": name, "kernel": name}
    allowed = list(dict.fromkeys([*named, *kinds]))
    raise ConfigError("--kernels", f'"{name}" is unknown; allowed: {", ".join(allowed)}')


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _explained(error: ValidationError, raw: Mapping[str, Any]) -> ConfigError:
    """The first problem, with its key and what is allowed there."""
    problem = error.errors(include_url=False)[0]
    key = dotted(problem["loc"], raw)
    if problem["type"] == "extra_forbidden":
        block = ScanSettings if len(problem["loc"]) == 1 else ScanEnsembleSettings
        allowed = list(block.model_fields)
        close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return ConfigError(key, f"unknown key{hint}; allowed: {', '.join(allowed)}")
    if problem["type"] == "value_error":
        return ConfigError(key, str(problem.get("ctx", {}).get("error", problem["msg"])))
    if problem["type"] == "missing":
        return ConfigError(key, "missing")
    return ConfigError(key, f"{problem['msg'].removeprefix('Input ')}, got {problem['input']!r}")
