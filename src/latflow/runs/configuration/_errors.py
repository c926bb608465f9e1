"""Saying in one line what is wrong with a configuration and what is allowed."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from latflow.errors import one_line, shown
from latflow.runs.configuration._schema import Path, block_at, field_at, tags_in
from latflow.settings import Settings

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def explain(
    root: type[Settings], error: ValidationError, raw: Mapping[str, Any]
) -> tuple[str, str]:
    """The dotted key of the first problem, and a sentence about it.

    Args:
        root: the class that refused.
        error: its reasons.
        raw: what it refused.
    """
    problems = error.errors(include_url=False)
    # An unknown key is the likely cause of what is missing elsewhere: say it first.
    problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
    path = _path_in(raw, problems[0]["loc"])
    key = dotted(path, raw)
    message = _sentence(root, problems[0], raw, path)
    if len(problems) > 1:
        others = sorted({dotted(_path_in(raw, p["loc"]), raw) for p in problems[1:]} - {key})
        named = ", ".join(one_line(other, 60) for other in others[:3])
        message += f" (also wrong: {named})" if others else ""
    return key, message


def dotted(path: Path, raw: Any = None) -> str:
    """``chains.hmc.n_samples`` for the path of that key: as one would write it to change it.

    Args:
        path: keys, and indices of elements.
        raw: what it is a path in; elements of a list that have a name of their own there go by it.
    """
    parts = []
    for part in path:
        elements = raw
        raw = _inside(raw, part)
        parts.append(_own_name(elements, part) or str(part))
    return ".".join(parts)


def _inside(raw: Any, part: str | int) -> Any:
    if isinstance(raw, Mapping):
        return raw.get(part)
    if isinstance(raw, list | tuple) and isinstance(part, int) and part < len(raw):
        return raw[part]
    return None


def _own_name(elements: Any, part: str | int) -> str | None:
    """The name of an element, if it has one that is like no other and can be written in a key."""
    if not isinstance(elements, list | tuple) or not isinstance(part, int):
        return None
    names = [one.get("name") if isinstance(one, Mapping) else None for one in elements]
    name = names[part] if part < len(names) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name) or names.count(name) > 1:
        return None
    return name


def _sentence(
    root: type[Settings], problem: ErrorDetails, raw: Mapping[str, Any], path: tuple
) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        block = block_at(root, raw, path[:-1])
        return f"unknown key{_allowed_keys(block, str(path[-1]))}"
    if kind == "missing":
        field = field_at(root, raw, path)
        return f"missing{_what_is_wanted(field)}"
    if kind == "union_tag_not_found":
        return f"{context['discriminator']} is missing; allowed: {_allowed_tags(root, raw, path)}"
    if kind == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        given = shown(context["tag"])
        return f"{key} = {given} is unknown; allowed: {_allowed_tags(root, raw, path)}"
    if kind == "value_error":
        return str(context["error"])
    message = problem["msg"].removeprefix("Input ")
    return f"{message}, got {shown(problem['input'])}"


def _allowed_keys(block: type[Settings] | None, given: str) -> str:
    if block is None:
        return ""
    allowed = list(block.model_fields)
    close = difflib.get_close_matches(given, allowed, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"{hint}; allowed: {', '.join(allowed)}"


def _what_is_wanted(field: FieldInfo | None) -> str:
    if field is None:
        return ""
    described = f" ({field.description})" if field.description else ""
    tags = tags_in(field.annotation)
    if not tags:
        return described
    values = ", ".join(f'"{value}"' for _, value in tags)
    return f"{described}; it is a block with {tags[0][0]} = one of {values}"


def _allowed_tags(root: type[Settings], raw: Mapping[str, Any], path: tuple) -> str:
    # The element of a list has the type of the list's field.
    named = path[:-1] if path and isinstance(path[-1], int) else path
    field = field_at(root, raw, named)
    tags = () if field is None else tags_in(field.annotation)
    return ", ".join(f'"{value}"' for _, value in tags)


def _path_in(raw: Any, location: tuple) -> tuple[str | int, ...]:
    """pydantic's location without the tags of unions that it threads into it."""
    path: list[str | int] = []
    for part in location:
        if isinstance(raw, Mapping):
            if part not in raw and part in (raw.get("kind"), raw.get("kernel")):
                continue
            raw = raw.get(part)
        elif isinstance(raw, list | tuple) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        path.append(part)
    return tuple(path)
