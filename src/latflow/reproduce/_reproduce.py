"""Reproducing a paper: run its recipe, keep the ledger, draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError, RunFolderError
from latflow.reproduce._albandea2023 import (
    Albandea2023,
    Albandea2023Cascade,
    Albandea2023HMC,
)
from latflow.reproduce._albergo2019 import Albergo2019, Albergo2019Baselines
from latflow.reproduce._bacchio2023 import Bacchio2023
from latflow.reproduce._boyda2021 import Boyda2021
from latflow.reproduce._deldebbio2021 import DelDebbio2021
from latflow.reproduce._figure import ledger_figure
from latflow.reproduce._gerdes2022 import Gerdes2022
from latflow.reproduce._kanwar2020 import Kanwar2020
from latflow.reproduce._komijani2022 import Komijani2022
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._singha2026 import Singha2026
from latflow.runs import Progress, ShouldStop, Silent, finite, locked, never, write_json
from latflow.scans import save_figure

RECIPES: tuple[Recipe, ...] = (
    Albergo2019Baselines(),
    Albergo2019(),
    Albandea2023HMC(),
    Albandea2023(),
    Albandea2023Cascade(),
    Komijani2022(),
    DelDebbio2021(),
    Gerdes2022(),
    Singha2026(),
    Kanwar2020(),
    Boyda2021(),
    Bacchio2023(),
)
"""All recipes. A new one is one module with a :class:`Recipe`, and one entry here."""


@dataclass(frozen=True)
class Ledger:
    """What a recipe found.

    Attributes:
        recipe: which.
        seed: of all random numbers.
        quick: whether errors were allowed to be larger.
        entries: every published number beside ours.
        figures: the figures that were asked for.
        tables: the tables that were asked for; with no figure either, it is the whole recipe.
    """

    recipe: Recipe
    seed: int
    quick: bool
    entries: tuple[LedgerEntry, ...]
    figures: tuple[int, ...] = ()
    tables: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name of its files: a part of a recipe does not replace the ledger of the whole."""
        parts = [f"table-{number}" for number in self.tables]
        parts += [f"figure-{number}" for number in self.figures]
        return "-".join(["ledger", *parts])

    def as_dict(self) -> dict[str, Any]:
        """The content of ``ledger.json``."""
        return finite(
            {
                "format": 1,
                "recipe": self.recipe.name,
                "title": self.recipe.title,
                "paper": self.recipe.paper,
                "seed": self.seed,
                "quick": self.quick,
                "figures": list(self.figures),
                "tables": list(self.tables),
                "entries": [entry.as_dict() for entry in self.entries],
            }
        )


def recipe_called(name: str) -> Recipe:
    """The recipe of a name.

    Raises:
        ConfigError: there is none.
    """
    recipes = {recipe.name: recipe for recipe in RECIPES}
    if name not in recipes:
        raise ConfigError("recipe", f'"{name}" is unknown; recipes are {", ".join(recipes)}')
    return recipes[name]


def reproduce(
    name: str,
    folder: Path,
    quick: bool = False,
    seed: int = 1,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    command: str = "",
    figures: Sequence[int] = (),
    tables: Sequence[int] = (),
) -> Ledger:
    """Do all that is missing of a recipe; write ``ledger.json`` and the figure ``ledger``.

    Of some figures or tables only, both are called ``ledger-figure-N`` or ``ledger-table-N``.

    Args:
        name: of the recipe.
        folder: a new place, or that of the same recipe to go on with.
        quick: in minutes, with larger errors.
        seed: of all random numbers.
        progress: who wants to see how it goes.
        should_stop: asked often whether to stop.
        command: what was typed, for the provenance of the runs.
        figures: numbers of the paper's figures to make.
        tables: numbers of its tables; with no figure either, everything is made.

    Raises:
        ConfigError: there is no such recipe, or it has no such figure or table.
        RunFolderError: something else is in the way, a file is damaged, or another process works
            on it.
        Interrupted: ``should_stop`` said so; everything done is saved.
    """
    recipe = recipe_called(name)
    wanted = (
        checked_parts(recipe, "figure", recipe.figures, figures),
        checked_parts(recipe, "table", recipe.tables, tables),
    )
    _make(folder)
    with locked(folder):
        work = Work(folder, quick, seed, progress or Silent(), should_stop, command, *wanted)
        ledger = Ledger(recipe, seed, quick, tuple(recipe.run(work)), *wanted)
        write_json(folder / f"{ledger.name}.json", ledger.as_dict())
        if ledger.entries:
            save_figure(ledger_figure(ledger.entries), folder, ledger.name)
    return ledger


def checked_parts(
    recipe: Recipe, kind: str, known: Sequence[int], wanted: Sequence[int]
) -> tuple[int, ...]:
    """The figures or tables that are asked for, in order and once each.

    Args:
        recipe: which.
        kind: "figure" or "table".
        known: those that it can make by themselves.
        wanted: those that are asked for.

    Raises:
        ConfigError: the recipe cannot make one of them by itself.
    """
    for number in wanted:
        if not known:
            raise ConfigError(
                f"--{kind}", f"{recipe.name} has no {kind}s to choose from; leave the option out"
            )
        if number not in known:
            numbers = ", ".join(map(str, known))
            plural = "s" if len(known) > 1 else ""
            raise ConfigError(
                f"--{kind}",
                f"{recipe.name} has the {kind}{plural} {numbers} of its paper, not {number}",
            )
    return tuple(sorted(set(wanted)))


def _make(folder: Path) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise RunFolderError(f"{folder}: is a file; choose another --out")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be used ({error.strerror or error})") from None
