"""Writing TOML: the little that a configuration needs, with a comment per key if wanted."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Comment = Callable[[tuple[str | int, ...]], str | None]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(content: Mapping[str, Any], comment: Comment = lambda path: None) -> str:
    """A TOML document that reads back as ``content``; ``None`` values are left out.

    Args:
        content: nested mappings and lists of numbers, strings and booleans.
        comment: a remark on the key at a path, such as ``("theory", "shape")``, or ``None``.
    """
    lines: list[str] = []
    _table(content, (), (), comment, lines)
    return "\n".join(lines).strip() + "\n"


def to_value(value: Any) -> str:
    """One value as it stands to the right of an equals sign."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's escapes are a subset of TOML's, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        items = (f"{_key(k)} = {to_value(v)}" for k, v in value.items() if v is not None)
        return "{ " + ", ".join(items) + " }"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _table(
    content: Mapping[str, Any],
    path: tuple[str | int, ...],
    header: tuple[str, ...],
    comment: Comment,
    lines: list[str],
) -> None:
    tables = {key: value for key, value in content.items() if _is_table(value)}
    plain = {k: v for k, v in content.items() if k not in tables and v is not None}
    for key, value in plain.items():
        remark = comment((*path, key))
        lines.extend(f"# {line}" for line in (remark or "").splitlines())
        lines.append(f"{_key(key)} = {to_value(value)}")
    for key, value in tables.items():
        inner = (*header, key)
        name = ".".join(_key(part) for part in inner)
        remark = [f"# {line}" for line in (comment((*path, key)) or "").splitlines()]
        if isinstance(value, Mapping):
            lines.extend(["", *remark, f"[{name}]"])
            _table(value, (*path, key), inner, comment, lines)
        else:
            for index, item in enumerate(value):
                lines.extend(["", *(remark if index == 0 else []), f"[[{name}]]"])
                _table(item, (*path, key, index), inner, comment, lines)


def _is_table(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(item, Mapping) for item in value)
    )


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else to_value(key)
