"""Paths of configuration keys in front of the errors of parts."""

from collections.abc import Iterator
from contextlib import contextmanager

from latflow.errors import ConfigError

# Keys that start with these name other blocks already.
_ELSEWHERE = ("theory.", "model.")


@contextmanager
def located(place: str, kind: str | None = None) -> Iterator[None]:
    """Put the path of a block in front of the keys that its part complains about.

    Args:
        place: dotted path of the block, such as ``chains.hmc``.
        kind: what parts of this kind call their block, such as ``model.flow``, which one of
            several blocks they are not told.

    Raises:
        ConfigError: that of the part, with the whole path.
    """
    try:
        yield
    except ConfigError as error:
        if kind is not None and error.key.startswith(kind):
            raise ConfigError(place + error.key.removeprefix(kind), error.message) from None
        if error.key.startswith((*_ELSEWHERE, f"{place}.")):
            raise
        key = f"{place}.{error.key}" if error.key else place
        raise ConfigError(key, error.message) from None
