"""How the steps of a run report what they are doing, and how they are asked to stop."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

ShouldStop = Callable[[], bool]


class Interrupted(Exception):
    """A step ended early because it was asked to; everything that it had done is saved."""


@runtime_checkable
class Progress(Protocol):
    """Whoever wants to show how far a run has come."""

    def stage(self, name: str, total: int, done: int) -> None:
        """A stage begins, of which ``done`` units out of ``total`` were done earlier."""

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """The current stage has come to ``done`` units; ``live`` numbers show how it goes."""

    def message(self, text: str) -> None:
        """Something worth a line of its own."""


class Silent:
    """Shows nothing."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Nothing."""

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Nothing."""

    def message(self, text: str) -> None:
        """Nothing."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


def interrupting(should_stop: ShouldStop) -> ShouldStop:
    """The same question for work that is useless unless it is done to its end.

    Returns:
        What raises :class:`Interrupted` instead of saying yes.
    """

    def ask() -> bool:
        stop_if(should_stop)
        return False

    return ask


def stop_if(should_stop: ShouldStop) -> None:
    """End the step here if that was asked for.

    Raises:
        Interrupted: it was.
    """
    if should_stop():
        raise Interrupted
