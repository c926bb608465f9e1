"""Reading TOML that somebody else wrote: any file, any bytes, one line about what is wrong."""

import codecs
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError, shown

LARGEST_FILE = 2**20
"""Bytes that a configuration may have."""

_DEEPEST, _MOST_VALUES = 16, 20_000
_LONGEST_KEY, _LONGEST_TEXT, _MOST_BITS = 200, 5000, 64
# Longest first: the mark of UTF-16-LE begins that of UTF-32-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_AS_UTF8 = "save it as UTF-8 (PowerShell: `... | Out-File -Encoding utf8 FILE`)"


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says, in UTF-8 with or without a byte order mark.

    Raises:
        FileNotFoundError: there is none.
        ConfigError: it cannot be read, or is not TOML; the message names the file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # a path with a zero in it is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise ConfigError("", f"{path}: cannot be read ({reason})") from None
    try:
        return parse_toml(content)
    except ConfigError as error:
        raise ConfigError("", f"{path}: {error}") from None


def parse_toml(content: bytes) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it is not TOML in UTF-8, or larger or deeper than any configuration.
    """
    if len(content) > LARGEST_FILE:
        raise ConfigError("", f"not a configuration: larger than {LARGEST_FILE} bytes")
    text = _decoded(content)
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise ConfigError("", "not valid TOML (too many brackets inside of each other)") from None
    except ValueError as error:
        # Integers of thousands of digits are no TOMLDecodeError.
        raise ConfigError("", f"not valid TOML ({shown(error, 300)})") from None
    check_modest(raw)
    return raw


def check_modest(raw: Mapping[str, Any]) -> None:
    """Refuse nested values that are too deep, too many or too long to be a configuration.

    Raises:
        ConfigError: they are; the message names the key.
    """
    pending: list[tuple[tuple[str, ...], Any]] = [((), raw)]
    n_values = 0
    while pending:
        path, value = pending.pop()
        n_values += 1
        if n_values > _MOST_VALUES:
            raise ConfigError("", f"more than {_MOST_VALUES} values: not a configuration")
        wrong = _immodest(path, value)
        if wrong:
            raise ConfigError(".".join(path[:_DEEPEST]), wrong)
        if isinstance(value, Mapping):
            pending += [((*path, str(key)), inner) for key, inner in value.items()]
        elif isinstance(value, list | tuple):
            pending += [((*path, str(index)), inner) for index, inner in enumerate(value)]


def _immodest(path: tuple[str, ...], value: Any) -> str:
    """What is wrong with a value at a path; empty if nothing is."""
    if len(path) > _DEEPEST:
        return f"blocks and lists inside of each other, more than {_DEEPEST} deep"
    if path and len(path[-1]) > _LONGEST_KEY:
        return f"a key of {len(path[-1])} characters; at most {_LONGEST_KEY}"
    if isinstance(value, str):
        return _immodest_text(value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        digits = int(value.bit_length() * 0.30103) + 1
        return f"an integer of about {digits} digits; at most {_MOST_BITS} bits"
    return ""


def _immodest_text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        return f"a text of {len(text)} characters; at most {_LONGEST_TEXT}"
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return (
            f"{shown(text)} is not UTF-8, which a configuration is written in; rename what it means"
        )
    return ""


def _decoded(content: bytes) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            raise ConfigError("", f"not valid TOML: text in {name}, not in UTF-8; {_AS_UTF8}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            "", f"not valid TOML: line {line} is not UTF-8 text; {_AS_UTF8}"
        ) from None
    if text[1::2].count("\x00") > len(text) // 4 or text[::2].count("\x00") > len(text) // 4:
        raise ConfigError("", f"not valid TOML: text in UTF-16 or UTF-32, not in UTF-8; {_AS_UTF8}")
    return text
