"""One figure of a run on its own, at the size and with the fonts of a paper."""

import io
import warnings
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
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
# Inches below which panels are put below each other, and their height in widths.
_STACKED, _PANEL = 4.5, 0.62


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
        ConfigError: there is no such figure, another kind of file or font is asked for, or it does
            not fit into its width.
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
    looks = rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "savefig.dpi": 300})
    metadata = None if form == "png" else _no_date(form)
    with style(), looks, warnings.catch_warnings():
        # What does not fit would lie on top of each other.
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            figure.savefig(content, format=form, metadata=metadata)
        except UserWarning:
            remedy = f"make it wider, or labels smaller than {font_size:g} pt"
            raise _too_narrow(width, remedy) from None
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
    panels = _stacked(figure) if width < _STACKED else 1
    if panels == 0:
        raise _too_narrow(
            width * _CENTIMETRES, f"it takes {_STACKED * _CENTIMETRES:.1f} cm or more"
        )
    if panels > 1:
        height = _PANEL * width * panels
    else:
        # Narrow figures stay high enough for what is written beside them.
        height = old_height * max(width / old_width, 0.6 * text_scale)
    figure.set_size_inches(width, height)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontsize(float(text.get_fontsize()) * text_scale)
        text.set_fontfamily(font)
        text.set_math_fontfamily(_MATHS[font])


def _stacked(figure: Figure) -> int:
    """Panels that lie beside each other, put below each other: how many there are then.

    One where there is one only. Zero, and nothing done, where several belong together: images, and
    those that span several places.
    """
    places = {axes: spec for axes in figure.axes if (spec := axes.get_subplotspec()) is not None}
    grids = {spec.get_gridspec() for spec in places.values()}
    if all(grid.ncols < 2 for grid in grids):
        return 1
    spans = any(spec.num1 != spec.num2 for spec in places.values())
    if len(grids) > 1 or spans or any(axes.images for axes in figure.axes):
        return 0
    (grid,) = grids
    order = sorted({spec.num1 for spec in places.values()})
    rows = GridSpec(len(order), 1, figure=figure)
    first = {spec.num1 // grid.ncols: axes for axes, spec in reversed(places.items())}
    for axes, spec in places.items():
        leftmost = first[spec.num1 // grid.ncols]
        if axes.get_shared_y_axes().joined(axes, leftmost):
            # What was written at the left of the row only.
            axes.tick_params(labelleft=True)
            axes.set_ylabel(axes.get_ylabel() or leftmost.get_ylabel())
        axes.set_subplotspec(rows[order.index(spec.num1)])
    return len(order)


def _too_narrow(width: float, remedy: str) -> ConfigError:
    return ConfigError("--width", f"{width:g} cm are too little for this figure: {remedy}")


def _no_date(form: str) -> dict[str, None]:
    """The same figure is the same file."""
    return {"CreationDate": None} if form == "pdf" else {"Date": None}
