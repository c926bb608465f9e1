"""Figures as files for papers."""

from pathlib import Path

from matplotlib.figure import Figure

from latflow.reports.figures import style
from latflow.runs import written_aside

FORMATS = ("pdf", "svg", "png")
_RESOLUTION = 200


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PDF, SVG and PNG; the same figure gives the same bytes.

    Returns:
        The files.
    """
    paths = []
    for extension in FORMATS:
        path = folder / f"{name}.{extension}"
        metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(extension)
        with written_aside(path) as aside, style():
            figure.savefig(aside, format=extension, dpi=_RESOLUTION, metadata=metadata)
        paths.append(path)
    return paths
