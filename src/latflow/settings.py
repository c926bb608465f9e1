"""The base of every typed configuration block, so that a part and its settings share one file."""

from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

_LONGEST_PATH, _LONGEST_NAME = 4000, 255


class Settings(BaseModel):
    """A block of a run's configuration: immutable, typed, and closed to unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True
    )

    def adapt(self, name: str, value: Any) -> None:
        """Let the default of a key follow from other keys; what the user has set stays.

        For validators of settings only, which are immutable once they are made.
        """
        if name not in self.model_fields_set:
            object.__setattr__(self, name, value)

    @classmethod
    def with_parts(cls) -> type[Any]:
        """This class, with the parts of installed packages among what its own fields may hold.

        The class itself, unless overridden: a block whose fields are parts of other kinds
        returns :func:`with_choices`.
        """
        return cls


@dataclass(frozen=True)
class IsPath:
    """Marks a field that names a file or folder: see :data:`PathText`."""


def _possible_path(text: str) -> str:
    names = text.encode(errors="surrogateescape").split(b"/")
    if not text or any(ord(letter) < 32 for letter in text):
        raise ValueError("must be the path of a file or folder, without control characters")
    if max(map(len, names)) > _LONGEST_NAME or len(text) > _LONGEST_PATH:
        raise ValueError(
            f"is too long for a path: names have at most {_LONGEST_NAME} bytes, paths "
            f"{_LONGEST_PATH}"
        )
    return text


PathText = Annotated[str, IsPath(), AfterValidator(_possible_path)]
"""A path in a configuration. Users write it relative to the working folder, or with ``~``; once
the configuration has been read it is absolute, and in a run's folder relative to that."""


def nearest_multiple(unit: int, wanted: int) -> int:
    """The positive multiple of ``unit`` that is closest to ``wanted``."""
    return unit * max(1, round(wanted / unit))


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of ``number`` that does not exceed ``most``."""
    return next(d for d in range(min(number, most), 0, -1) if number % d == 0)


def one_of(parts: tuple[type[Settings], ...], tag: str, named: bool = False) -> Any:
    """The type of a block that is one of several, chosen by the value of its tag.

    Args:
        parts: what the block may be.
        tag: the key that tells them apart.
        named: whether that value alone, instead of a block, stands for its default settings.
    """
    one = parts[0] if len(parts) == 1 else Annotated[reduce(or_, parts), Field(discriminator=tag)]
    if not named:
        return one
    return Annotated[one, BeforeValidator(lambda v: {tag: v} if isinstance(v, str) else v)]


@cache
def with_choices(
    settings: type[Settings],
    field: str,
    parts: tuple[type[Settings], ...],
    tag: str,
    named: bool = False,
) -> type[Any]:
    """The settings with one field that may hold any of the parts; all else is as before.

    Args:
        settings: a class with that field.
        field: its name.
        parts: what it may hold.
        tag: the key that tells them apart.
        named: as of :func:`one_of`.
    """
    old = settings.model_fields[field]
    start: Any = (
        {"default": old.default}
        if old.default_factory is None
        else {"default_factory": old.default_factory}
    )
    new = Field(**start, description=old.description)
    fields: Any = {field: (one_of(parts, tag, named), new)}
    return create_model(
        settings.__name__,
        __base__=settings,
        __doc__=settings.__doc__,
        __module__=settings.__module__,
        **fields,
    )
