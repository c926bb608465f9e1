"""Small facts of a file, each of the type that it must have: a stranger may have written them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latflow.errors import DamagedFileError
from latflow.runs.store.files._seal import Damage


class Typed:
    """Facts by name; each method returns one of a type, or raises :class:`Damage`.

    Args:
        facts: as read from JSON.
    """

    def __init__(self, facts: Mapping[str, Any]):
        self._facts = facts

    def count(self, name: str) -> int:
        """A whole number that is not negative."""
        value = self._facts.get(name)
        return self._if(type(value) is int and 0 <= value < 2**63, name, value)

    def seconds(self, name: str) -> float:
        """A time that is finite and not negative."""
        value = self._facts.get(name)
        sound = isinstance(value, int | float) and 0 <= value < math.inf
        sound = sound and not isinstance(value, bool)
        return float(self._if(sound, name, value))

    def seconds_if_known(self, name: str) -> float:
        """A time, or NaN where the file does not say."""
        return self.seconds(name) if name in self._facts else math.nan

    def flag(self, name: str) -> bool:
        """Yes or no."""
        value = self._facts.get(name)
        return self._if(isinstance(value, bool), name, value)

    def text(self, name: str) -> str:
        """Text that can be printed."""
        value = self._facts.get(name)
        return self._if(isinstance(value, str) and value.isprintable(), name, value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts that can be printed."""
        value = self._facts.get(name)
        sound = isinstance(value, list) and all(
            isinstance(entry, str) and entry.isprintable() for entry in value
        )
        return tuple(self._if(sound, name, value))

    def numbers(self, name: str) -> dict[str, float]:
        """Numbers by name."""
        value = self._facts.get(name)
        sound = isinstance(value, dict) and all(
            key.isprintable() and type(entry) in (int, float) for key, entry in value.items()
        )
        return self._if(sound, name, value)

    @staticmethod
    def _if(sound: bool, name: str, value: Any) -> Any:
        if not sound:
            raise Damage(f"no sound value of {name}")
        return value


@contextmanager
def only_sound(path: Path, remedy: str) -> Iterator[None]:
    """Inside the block, :class:`Damage` becomes an error that names the file and the remedy.

    Raises:
        DamagedFileError: there was some.
    """
    try:
        yield
    except Damage as damage:
        raise DamagedFileError(path, f"nothing that latflow wrote ({damage}); {remedy}") from None
