"""``latflow reproduce``: published numbers beside ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latflow.cli._crash import working_in
from latflow.cli._options import TimeLimit
from latflow.cli._scan import (
    Json,
    Out,
    Quiet,
    Seed,
    default_folder,
    one_bar,
    print_table,
    stopped_cleanly,
)
from latflow.cli._signals import StopSignals, seconds_in
from latflow.cli._text import say, say_json
from latflow.cli._work import command_line
from latflow.cli.process import wake_jax
from latflow.errors import ConfigError

if TYPE_CHECKING:
    from latflow.reproduce import Ledger


QuickRecipe = Annotated[
    bool, typer.Option("--quick", help="Shorter runs with larger errors, in minutes.")
]


def reproduce(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Recipe; --list shows them.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the recipes.")] = False,
    figure: Annotated[
        list[int] | None,
        typer.Option("--figure", metavar="N", help="Only this figure of the paper; repeatable."),
    ] = None,
    table: Annotated[
        list[int] | None,
        typer.Option("--table", metavar="N", help="Only this table of the paper; repeatable."),
    ] = None,
    out: Out = None,
    quick: QuickRecipe = False,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a paper's recipe and print *published | ours | pull*.

    The same command goes on where it was stopped, and does only what is missing.
    """
    wake_jax()
    from latflow import reproduce as recipes

    if show:
        width = max(len(recipe.name) for recipe in recipes.RECIPES)
        for recipe in recipes.RECIPES:
            say(f"{recipe.name:<{width}}  {recipe.title}")
            say(f"{'':<{width}}  {recipe.paper}")
        return
    if name is None:
        names = ", ".join(recipe.name for recipe in recipes.RECIPES)
        raise ConfigError("recipe", f"give the name of one: {names}")
    recipe = recipes.recipe_called(name)
    folder = out or default_folder("reproduce", recipe.name, quick)
    working_in(folder)
    limit = seconds_in(time_limit)
    with (
        StopSignals(limit) as signals,
        stopped_cleanly(signals),
        one_bar(quiet or json, signals) as progress,
    ):
        ledger = recipes.reproduce(
            recipe.name,
            folder,
            quick,
            1 if seed is None else seed,
            progress,
            signals.requested,
            command_line(),
            figure or (),
            table or (),
        )
    if json:
        from latflow.runs import to_json

        say_json(to_json(ledger.as_dict()))
    elif not quiet:
        print_ledger(ledger, folder)


def print_ledger(ledger: "Ledger", folder: Path) -> None:
    """The ledger's table on standard output."""
    from latflow.reproduce import ledger_table

    say(f"{ledger.recipe.title}\n{ledger.recipe.paper}\n")
    if ledger.entries:
        print_table(ledger_table(ledger.entries))
    for note in dict.fromkeys(e.note for e in ledger.entries if e.note and not e.agrees):
        say(f"note: {note}")
    agreeing = sum(entry.agrees for entry in ledger.entries)
    if ledger.entries:
        say(f"{agreeing} of {len(ledger.entries)} agree within 3 standard deviations")
    everything = not (ledger.figures or ledger.tables)
    for kind, numbers in (
        ("table", ledger.recipe.tables if everything else ledger.tables),
        ("figure", ledger.recipe.figures if everything else ledger.figures),
    ):
        for number in numbers:
            say(f"{kind} {number}: {folder / f'{kind}-{number}.pdf'}")
    say(f"ledger: {folder / f'{ledger.name}.json'}")
