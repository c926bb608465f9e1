"""Changing single keys of a configuration from the command line: ``key.path=value``."""

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from latflow.errors import ConfigError, shown

# As people write numbers: TOML wants digits on both sides of the point.
_NUMBER = re.compile(r"[+-]?(\d+\.|\.\d+)([eE][+-]?\d+)?")
# What begins like this is meant to be TOML, and not a word or path.
_TOML = ("[", "{", '"', "'")
_LONGEST, _DEEPEST = 10_000, 16


def apply_overrides(raw: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A copy of the raw configuration with the changes made one after the other.

    A part of the path names a key, or an element of a list by its index (``model.flow.0``) or
    by its name (``chains.hmc``). Blocks that do not exist are made.

    Raises:
        ConfigError: a change is not of the form ``key.path=value``, or its path leads nowhere.
    """
    result = copy.deepcopy(dict(raw))
    for override in overrides:
        key, equals, text = override.partition("=")
        path = key.strip().split(".")
        if not equals or not all(path):
            raise ConfigError("--set", f"{shown(override)} is not of the form key.path=value")
        if len(path) > _DEEPEST:
            raise ConfigError("--set", f"{shown(key)} has more than {_DEEPEST} parts")
        _assign(result, path, parse_value(key.strip(), text.strip()))
    return result


def parse_value(key: str, text: str) -> Any:
    """A TOML value; words and paths need no quotes, and numbers may begin or end with a point.

    Raises:
        ConfigError: it is none of these, or more than one line.
    """
    if len(text) > _LONGEST:
        raise ConfigError(key, f"a value of {len(text)} characters; at most {_LONGEST}")
    if len(text.splitlines()) > 1:
        raise ConfigError(
            key, f"{shown(text)} has several lines; give one key and one value to each --set"
        )
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except RecursionError:
        raise ConfigError(
            key, f"{shown(text)} has too many brackets inside of each other"
        ) from None
    except ValueError as error:
        if text and not text.startswith(_TOML) and isinstance(error, tomllib.TOMLDecodeError):
            return text
        raise ConfigError(
            key,
            f"{shown(text) if text else 'nothing'} is not a value; write numbers, true, [lists], "
            "words or paths",
        ) from None


def _assign(raw: dict[str, Any], path: list[str], value: Any) -> None:
    target: Any = raw
    for depth, part in enumerate(path[:-1]):
        so_far = ".".join(path[: depth + 1])
        if isinstance(target, list):
            target = target[_index(target, part, so_far)]
        else:
            target = target.setdefault(part, {})
        if not isinstance(target, dict | list):
            raise ConfigError(so_far, "is a value, not a block that holds further keys")
    if isinstance(target, list):
        target[_index(target, path[-1], ".".join(path))] = value
    else:
        target[path[-1]] = value


def _index(elements: list, part: str, path: str) -> int:
    names = [element.get("name") for element in elements if isinstance(element, dict)]
    if part in names:
        return names.index(part)
    if part.isdecimal() and int(part) < len(elements):
        return int(part)
    known = ", ".join(str(name) for name in names if name) or "none has a name"
    raise ConfigError(path, f"no such element; there are {len(elements)} (names: {known})")
