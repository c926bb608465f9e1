"""One figure of a run on its own, at the size and with the fonts of a paper."""

import io
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text

from latflow.errors import ConfigError, RunFolderError
from latflow.reports.data import Run, RunReport, collect
from latflow.reports.figures import drawings, known_figures, style
from latflow.runs import written_aside

PAPER_FORMATS = ("pdf", "svg", "png")
"""What figures for papers may be, by the end of the file's name."""

_LABELS = 9.0  # points of the labels in a report, to which all other sizes are relative
_MATHS = {"sans-serif": "dejavusans", "serif": "dejavuserif"}
_CENTIMETRES = 2.54


def figure_names(run: Run) -> dict[str, str]:
    """The figures that a run has something for: their names, and their titles.

    Raises:
        RunFolderError: the run has not been measured.
    """
    return {part.name: part.title for part, _ in drawings(collect(run))}


def paper_figure(
    run: Run,
    name: str,
    path: Path,
    *,
    width: float = 17.0,
    font_size: float = 9.0,
    font: str = "sans-serif",
) -> str:
    """Write a figure of a measured run for a paper; an older file is replaced.

    Args:
        run: a :class:`latflow.runs.RunFolder`.
        name: of the figure, one of :func:`figure_names`.
        path: of the file; it ends in .pdf, .svg or .png. PDF has its fonts inside.
        width: centimetres: 8.6 is a column of many journals, 17 a page. The height follows.
        font_size: points of the labels of axes; all other text follows.
        font: ``sans-serif`` or ``serif``; formulas follow.

    Returns:
        What to look for in the figure, as plain text, for its caption.

    Raises:
        ConfigError: there is no such figure, or another kind of file or font is asked for.
        RunFolderError: the run has not been measured, has nothing to draw there, or the file cannot
            be written.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in PAPER_FORMATS:
        raise ConfigError("--out", f"{path} must end in one of .{', .'.join(PAPER_FORMATS)}")
    if font not in _MATHS:
        raise ConfigError("--font", f'"{font}" is none; there are {", ".join(_MATHS)}')
    figure, caption = _drawn(collect(run), name, run.path)
    _fit(figure, width / _CENTIMETRES, font_size / _LABELS, font)
    content = io.BytesIO()
    with style(), rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "savefig.dpi": 300}):
        figure.savefig(content, format=form, metadata=None if form == "png" else _no_date(form))
    with written_aside(path) as aside:
        aside.write_bytes(content.getvalue())
    return caption


def _drawn(report: RunReport, name: str, run: Path) -> tuple[Figure, str]:
    if name not in known_figures():
        raise ConfigError("FIGURE", f'"{name}" is none; there are {", ".join(known_figures())}')
    found = {part.name: drawing for part, drawing in drawings(report)}
    if name not in found:
        raise RunFolderError(
            f"{run}: has nothing for the figure {name}; it has {', '.join(found) or 'none'}"
        )
    return found[name].figure, found[name].caption.striptags()


def _fit(figure: Figure, width: float, text_scale: float, font: str) -> None:
    old_width, old_height = figure.get_size_inches()
    # Narrow figures stay high enough for what is written beside them.
    height = old_height * max(width / old_width, 0.6 * text_scale)
    figure.set_size_inches(width, height)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontsize(float(text.get_fontsize()) * text_scale)
        text.set_fontfamily(font)
        text.set_math_fontfamily(_MATHS[font])


def _no_date(form: str) -> dict[str, None]:
    """The same figure is the same file."""
    return {"CreationDate": None} if form == "pdf" else {"Date": None}
