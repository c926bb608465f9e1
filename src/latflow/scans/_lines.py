"""Built-in lines: ensembles on which to watch a kernel slow down, one TOML file each.

A line is a scan like any other, kept in ``lines/NAME.toml``. A new one is a file in that folder.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from latflow.errors import ConfigError


def line_names() -> tuple[str, ...]:
    """Names of all built-in lines."""
    folder = files("latflow.scans") / "lines"
    names = (entry.name.removesuffix(".toml") for entry in folder.iterdir())
    return tuple(sorted(names))


def line_description(name: str) -> str:
    """The line's first line, a comment that says what it is and where it comes from.

    Raises:
        ConfigError: there is no such line.
    """
    return _text(name).splitlines()[0].lstrip("# ").rstrip()


def read_line(name: str) -> dict[str, Any]:
    """What a line says: ``ensembles`` and ``kernels`` as in a scan's file, all written out.

    Raises:
        ConfigError: there is no such line.
    """
    return extended(tomllib.loads(_text(name)))


def extended(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a scan's content, with the ensembles and kernels of its ``line`` written out.

    The line's ensembles come first, but for those that the scan names itself. The line's kernels
    are taken if the scan names none.

    Raises:
        ConfigError: there is no such line, or a list of blocks is none.
    """
    result = dict(raw)
    line = result.get("line")
    known = {} if line is None else read_line(line)
    ensembles, kernels = blocks(raw, "ensembles"), blocks(raw, "kernels")
    own = {block.get("name") for block in ensembles}
    before = [block for block in known.get("ensembles", ()) if block["name"] not in own]
    result["ensembles"] = [dict(block) for block in (*before, *ensembles)]
    result["kernels"] = [dict(block) for block in kernels or known.get("kernels", ())]
    return result


def blocks(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The blocks of a key, none if it is not there.

    Raises:
        ConfigError: it is something else.
    """
    found = raw.get(key, [])
    if not isinstance(found, list | tuple) or not all(isinstance(b, Mapping) for b in found):
        raise ConfigError(key, f"must be a list of blocks: write [[{key}]]")
    return list(found)


def _text(name: str) -> str:
    if name not in line_names():
        raise ConfigError("line", f'"{name}" is unknown; allowed: {", ".join(line_names())}')
    return (files("latflow.scans") / "lines" / f"{name}.toml").read_text(encoding="utf-8")
