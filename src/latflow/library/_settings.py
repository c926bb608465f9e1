"""Settings of a part from keyword arguments."""

from typing import Any, TypeVar

from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.settings import Settings

S = TypeVar("S", bound=Settings)


def settings_from(kind: type[S], given: dict[str, Any], place: str) -> S:
    """The settings that keyword arguments describe.

    Raises:
        ConfigError: a key is unknown, or a value wrong; the message names it.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, (place, *problem["loc"])))
        if problem["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields)
            raise ConfigError(key, f"unknown; there are {known}") from None
        raise ConfigError(key, problem["msg"]) from None
