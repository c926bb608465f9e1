"""Finding one's way in the configuration's types: which block stands at a path."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from latflow.settings import Settings

Path = Sequence[str | int]


def blocks_in(annotation: Any) -> tuple[type[Settings], ...]:
    """All settings classes that an annotation mentions, unions and lists included."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return (annotation,)
    found: list[type[Settings]] = []
    for argument in get_args(annotation):
        found.extend(block for block in blocks_in(argument) if block not in found)
    return tuple(found)


def tag_of(block: type[Settings]) -> tuple[str, str] | None:
    """The key and value by which a block is chosen among others, such as ("kind", "phi4")."""
    for name, field in block.model_fields.items():
        values = get_args(field.annotation)
        if get_origin(field.annotation) is Literal and values == (field.default,):
            return name, values[0]
    return None


def is_list(annotation: Any) -> bool:
    """Whether a field holds several values or blocks."""
    return any(get_origin(part) in (tuple, list) for part in (annotation, *get_args(annotation)))


def block_at(root: type[Settings], raw: Any, path: Path) -> type[Settings] | None:
    """The settings class of the block at a path of a raw configuration, if it is clear."""
    candidates: tuple[type[Settings], ...] = (root,)
    block: type[Settings] | None = root
    for part in path:
        raw = _step(raw, part)
        if isinstance(part, str):
            field = block.model_fields.get(part) if block is not None else None
            candidates = () if field is None else blocks_in(field.annotation)
        block = block_of(candidates, raw)
    return block


def field_at(root: type[Settings], raw: Any, path: Path) -> FieldInfo | None:
    """The field at a path of a raw configuration, if there is one."""
    if not path or not isinstance(path[-1], str):
        return None
    block = block_at(root, raw, path[:-1])
    return None if block is None else block.model_fields.get(path[-1])


def tags_in(annotation: Any) -> tuple[tuple[str, str], ...]:
    """Keys and values by which the blocks of an annotation are chosen."""
    tags = (tag_of(block) for block in blocks_in(annotation))
    return tuple(tag for tag in tags if tag is not None)


def with_default_tags(block: type[Settings], raw: Any) -> Any:
    """The raw configuration with the tags of blocks whose field has a default, where missing.

    ``[model.flow.net]`` with ``hidden = [8]`` alone means the default kind of net.
    """
    if not isinstance(raw, Mapping):
        return raw
    result = dict(raw)
    for name, value in raw.items():
        field = block.model_fields.get(name)
        if field is None:
            continue
        candidates = blocks_in(field.annotation)
        default = field.get_default(call_default_factory=True)
        if isinstance(value, Mapping) and isinstance(default, Settings):
            tag = tag_of(type(default))
            if tag is not None:
                value = {tag[0]: tag[1], **value}
        if isinstance(value, list):
            result[name] = [_descend(candidates, item) for item in value]
        else:
            result[name] = _descend(candidates, value)
    return result


def _descend(candidates: tuple[type[Settings], ...], raw: Any) -> Any:
    block = block_of(candidates, raw)
    return raw if block is None else with_default_tags(block, raw)


def block_of(candidates: tuple[type[Settings], ...], raw: Any) -> type[Settings] | None:
    """Which of several blocks raw values are meant for, if it is clear."""
    if len(candidates) == 1:
        return candidates[0]
    if isinstance(raw, Mapping):
        for candidate in candidates:
            tag = tag_of(candidate)
            if tag is not None and raw.get(tag[0]) == tag[1]:
                return candidate
    return None


def _step(raw: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return raw[part] if isinstance(raw, Sequence) and part < len(raw) else None
    return raw.get(part) if isinstance(raw, Mapping) else None
