"""Paths in a configuration: absolute while one works with them, relative in the run's folder.

A path that the user writes is relative to the working folder. In ``config.toml`` it is relative
to the run's folder where it leads to a place nearby, so that a tree of runs may be moved.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from latflow.runs.configuration._schema import block_of, blocks_in
from latflow.runs.configuration._shipped import MARK
from latflow.settings import IsPath, Settings

_MOST_STEPS_UP = 4


def with_absolute_paths(
    root: type[Settings], raw: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """A copy of a raw configuration with its paths made absolute.

    Args:
        root: class of the configuration.
        raw: nested plain values, before they are checked.
        folder: what relative paths are relative to; ``~`` is the home folder.
    """

    def absolute(text: str) -> str:
        if not text or "\x00" in text or text.startswith(MARK):
            return text  # refused when it is checked, or inside of the package
        return os.path.normpath(os.path.join(folder.absolute(), os.path.expanduser(text)))

    return _changed(root, raw, absolute)


def with_near_paths(root: type[Settings], raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A copy of a raw configuration with paths to places nearby relative to a folder.

    Args:
        root: class of the configuration.
        raw: nested plain values with absolute paths.
        folder: of a run.
    """
    # Without links: a step up from a folder leads to where the folder really is.
    own = os.path.realpath(folder)

    def near(text: str) -> str:
        if text.startswith(MARK):
            return text
        target = os.path.realpath(text)
        relative = os.path.relpath(target, own)
        steps_up = Path(relative).parts.count(os.pardir)
        if steps_up > _MOST_STEPS_UP or os.path.commonpath([target, own]) == os.sep:
            return text
        return relative

    return _changed(root, raw, near)


def _changed(
    block: type[Settings] | None, raw: Mapping[str, Any], change: Callable[[str], str]
) -> dict[str, Any]:
    result = dict(raw)
    for name, value in raw.items():
        field = None if block is None else block.model_fields.get(name)
        if field is None:
            continue
        if isinstance(value, str) and _is_path(field.annotation, field.metadata):
            result[name] = change(value)
        candidates = blocks_in(field.annotation)
        if isinstance(value, Mapping):
            result[name] = _changed(block_of(candidates, value), value, change)
        elif isinstance(value, list | tuple):
            result[name] = [
                _changed(block_of(candidates, item), item, change)
                if isinstance(item, Mapping)
                else item
                for item in value
            ]
    return result


def _is_path(annotation: Any, metadata: list[Any]) -> bool:
    """Whether a field holds a path, or nothing."""
    marks = [*metadata, *getattr(annotation, "__metadata__", ())]
    return IsPath() in marks or any(_is_path(part, []) for part in get_args(annotation))
