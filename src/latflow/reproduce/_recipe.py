"""What it takes to be a recipe: a paper, its numbers, and how to get them."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from latflow.reproduce._ledger import LedgerEntry
from latflow.runs import Progress, ShouldStop
from latflow.scans import ScanResult, ScanSettings, run_scan


class Work(NamedTuple):
    """How a recipe is to be done.

    Attributes:
        folder: where everything goes; what is there already is not done again.
        quick: in minutes, with larger errors.
        seed: of all random numbers.
        progress: who wants to see how it goes.
        should_stop: asked often whether to stop.
        command: what was typed, for the provenance of the runs.
        figures: the figures of the paper that are wanted.
        tables: its tables that are wanted; with no figure either, all that there is.
    """

    folder: Path
    quick: bool
    seed: int
    progress: Progress
    should_stop: ShouldStop
    command: str
    figures: tuple[int, ...] = ()
    tables: tuple[int, ...] = ()


class Recipe(ABC):
    """One paper, or one part of it. A recipe is one module and one entry in ``RECIPES``.

    Attributes:
        name: what it is called on the command line.
        title: what it reproduces, in one line.
        paper: the paper, as one would cite it.
        figures: numbers of the paper's figures that can be made one by one; most have none.
        tables: likewise, of its tables.
    """

    name: str
    title: str
    paper: str
    figures: tuple[int, ...] = ()
    tables: tuple[int, ...] = ()

    @abstractmethod
    def run(self, work: Work) -> list[LedgerEntry]:
        """Do all that is missing.

        Returns:
            The ledger.

        Raises:
            Interrupted: ``work.should_stop`` said so; everything done is saved.
        """


class ScanRecipe(Recipe):
    """A recipe whose numbers come from a scan; its folder is ``scan``."""

    @abstractmethod
    def settings(self, quick: bool, seed: int) -> ScanSettings:
        """The scan to be done."""

    @abstractmethod
    def entries(self, result: ScanResult, scan_folder: Path) -> list[LedgerEntry]:
        """The ledger of a finished scan."""

    def run(self, work: Work) -> list[LedgerEntry]:
        """Do the scan, then compare."""
        folder = work.folder / "scan"
        result = run_scan(
            self.settings(work.quick, work.seed),
            folder,
            work.progress,
            work.should_stop,
            work.command,
        )
        return self.entries(result, folder)
