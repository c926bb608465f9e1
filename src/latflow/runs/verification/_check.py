"""What is found out about a run, item by item."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from latflow.errors import LatflowError
from latflow.runs.store import Interrupted, ShouldStop

Result = TypeVar("Result")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        path: the file or folder, relative to the run.
        what: was looked at.
        status: ``ok``; ``failed``; or ``note`` for what is worth knowing, and wrong in no way.
        message: what was found.
    """

    path: str
    what: str
    status: Literal["ok", "note", "failed"]
    message: str


class Checks:
    """The checks of one run, in the making.

    Args:
        folder: of the run.
        should_stop: asked before every check.
    """

    def __init__(self, folder: Path, should_stop: ShouldStop):
        self._folder, self._should_stop = folder, should_stop
        self.done: list[Check] = []

    def attempt(
        self,
        path: Path,
        what: str,
        function: Callable[[], Result],
        found: Callable[[Result], str] = lambda _: "",
    ) -> Result | None:
        """Look at something: it is well if no error of latflow is raised.

        Args:
            path: what it is about.
            what: is looked at.
            function: that looks.
            found: puts the result into words.

        Returns:
            what the function returned, or ``None`` where the check failed.
        """
        if self._should_stop():
            raise Interrupted
        try:
            result = function()
        except LatflowError as error:
            self._add(path, what, "failed", str(error))
            return None
        self._add(path, what, "ok", found(result))
        return result

    def note(self, path: Path, what: str, message: str) -> None:
        """Something worth knowing."""
        self._add(path, what, "note", message)

    def _add(
        self, path: Path, what: str, status: Literal["ok", "note", "failed"], message: str
    ) -> None:
        place = "." if path == self._folder else path.relative_to(self._folder).as_posix()
        self.done.append(Check(place, what, status, message))
