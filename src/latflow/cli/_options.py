"""Options that several commands have."""

from typing import Annotated

import typer

TimeLimit = Annotated[
    str | None,
    typer.Option("--time-limit", metavar="TIME", help="Stop and save in time, as in 11h30m."),
]
