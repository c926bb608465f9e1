"""The configuration explained: a page of all keys, and a commented file to start from."""

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from latflow.runs.configuration._chains import ChainSettings
from latflow.runs.configuration._parse import config_from
from latflow.runs.configuration._presets import preset_description, preset_names, read_preset
from latflow.runs.configuration._run_config_class import run_config_class
from latflow.runs.configuration._schema import blocks_in, field_at, is_list, tag_of
from latflow.runs.configuration._toml import to_toml, to_value
from latflow.settings import Settings

_INTRODUCTION = """\
# Configuration

A run is described by a TOML file, or by a preset; `latflow init` prints a commented file,
`latflow validate FILE` checks one. Any key can be changed on the command line with
`--set key.path=value`, where an element of a list goes by its index or its name:
`--set training.steps=500 --set chains.hmc.n_samples=4000 --set model.flow.0.layers=4`. Words and
paths need no quotes there.

Files are read as UTF-8, with or without a byte order mark. Paths are relative to the working
folder, `~` is the home folder. In the folder of a run, paths of other runs nearby are relative to
that folder, so a tree of runs may be moved, and a run goes on from any working folder; files of
observables are code, and stay absolute.

Unknown keys, wrong types and values out of range are refused. `[model]` and `[training]` come
together; without them a run only samples. In the folder of a run, `config.toml` holds every key
with its value; there, `n_samples` of a chain may be raised and the run resumed.

This page is made from the package by `python docs/generate_config.py`; a test fails when it is
out of date.
"""


def config_reference() -> str:
    """The Markdown page ``docs/config.md``."""
    root = run_config_class()
    lines = [_INTRODUCTION, "## Presets", ""]
    lines += [f"- `{name}`: {preset_description(name)}" for name in preset_names()]
    lines += ["", "## Top level", "", *_keys(root)]
    for name, field in root.model_fields.items():
        if name == "chains":
            lines += ["", "## `[[chains]]` of every kernel", "", _first_line(ChainSettings), ""]
            lines += _keys(ChainSettings)
        lines += _sections(field, name)
    return "\n".join(lines).rstrip() + "\n"


def commented_config(preset: str) -> str:
    """A preset with every default written out and every key explained, as TOML."""
    root, raw = run_config_class(), read_preset(preset)
    resolved = config_from(raw).resolved()

    def remark(path: tuple[str | int, ...]) -> str | None:
        field = field_at(root, resolved, path)
        return None if field is None else field.description

    return f"# {preset_description(preset)}\n\n{to_toml(resolved, remark)}"


def _sections(field: FieldInfo, path: str) -> list[str]:
    """A heading per block that may stand at a path, and below it the blocks inside."""
    lines: list[str] = []
    opening, closing = ("[[", "]]") if is_list(field.annotation) else ("[", "]")
    blocks = blocks_in(field.annotation)
    usual = field.get_default(call_default_factory=True)
    for block in blocks:
        tag = tag_of(block)
        # Among several the kind must be named, but for the one that is meant where none is.
        tag_required = len(blocks) > 1 and not isinstance(usual, block)
        suffix = f' with `{tag[0]} = "{tag[1]}"`' if tag else ""
        lines += ["", f"## `{opening}{path}{closing}`{suffix}", "", _first_line(block), ""]
        lines += _keys(block, tag_required)
        for name, inner in block.model_fields.items():
            lines += _sections(inner, f"{path}.{name}")
    return lines


def _keys(block: type[Settings], tag_required: bool = False) -> list[str]:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    common = () if block is ChainSettings else ChainSettings.model_fields
    for name, field in block.model_fields.items():
        if issubclass(block, ChainSettings) and name in common and name != "kernel":
            continue
        tag = tag_of(block)
        chooses = "chooses this block" if tag is not None and tag[0] == name else ""
        meaning = _escaped(field.description or chooses)
        required = tag_required and tag is not None and tag[0] == name
        default = "required" if required else _default(field)
        cells = (f"`{name}`", _type(field), default, meaning)
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _type(field: FieldInfo) -> str:
    limits = []
    for limit in field.metadata:
        for kind, sign, attribute in (
            (Ge, "≥", "ge"),
            (Gt, ">", "gt"),
            (Le, "≤", "le"),
            (Lt, "<", "lt"),
        ):
            if isinstance(limit, kind):
                limits.append(f"{sign} {getattr(limit, attribute)}")
    text = _annotation(field.annotation)
    return _escaped(", ".join([text, *limits]))


def _annotation(annotation: Any) -> str:
    if blocks_in(annotation):
        return "blocks" if is_list(annotation) else "block"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{to_value(value)}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_annotation(a) for a in arguments if a is not NoneType)
    if origin in (tuple, list):
        return f"list of {_plural(_annotation(arguments[0]))}"
    if origin is dict:
        return f"table of {_plural(_annotation(arguments[1]))}"
    if hasattr(annotation, "__metadata__"):
        return _annotation(arguments[0])
    return {int: "integer", float: "number", str: "string", bool: "true or false"}[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, Settings):
        tag = tag_of(type(value))
        return f'`{tag[0]} = "{tag[1]}"`' if tag else "see below"
    return f"`{to_value(value)}`"


def _first_line(block: type[Settings]) -> str:
    return (block.__doc__ or "").strip().splitlines()[0]


def _plural(word: str) -> str:
    return word + "s" if word in ("integer", "number", "string") else word


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
