"""``latflow plot``: a figure of the report on its own, for a paper."""

from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._text import say
from latflow.cli.process import wake_jax


def plot(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Measured run.")],
    figure: Annotated[
        str | None, typer.Argument(metavar="[FIGURE]", help="Its name; without it, all names.")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Write RUN-FIGURE.pdf, as without --out.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="A .pdf, .svg or .png file.")
    ] = None,
    width: Annotated[
        float, typer.Option("--width", metavar="CM", min=4, max=60, help="8.6 is a column.")
    ] = 17.0,
    font_size: Annotated[
        float, typer.Option("--font-size", metavar="PT", min=4, max=30, help="Of axis labels.")
    ] = 9.0,
    font: Annotated[
        str, typer.Option("--font", metavar="FONT", help="sans-serif or serif.")
    ] = "sans-serif",
) -> None:
    """Write one figure of the report as a file, at the size and with the fonts of a paper."""
    wake_jax()
    from latflow.errors import ConfigError
    from latflow.reports import figure_names, paper_figure
    from latflow.runs import RunFolder

    folder = RunFolder(run)
    if figure is None:
        found = figure_names(folder)
        width_of_names = max(map(len, found), default=0)
        for name, title in found.items():
            say(f"{name:<{width_of_names}}  {title}")
        return
    if pdf and out is not None and out.suffix.lower() != ".pdf":
        raise ConfigError("--pdf", f"{out} does not end in .pdf: leave one of them out")
    path = out or Path(f"{folder.path.resolve().name}-{figure}.pdf")
    caption = paper_figure(folder, figure, path, width=width, font_size=font_size, font=font)
    say(str(path))
    say(caption)
