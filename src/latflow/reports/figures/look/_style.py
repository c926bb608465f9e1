"""One look for all figures: palette, sizes and conventions, in one place."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, NamedTuple, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Okabe and Ito's palette: told apart with any kind of colour vision, and in print.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#6B6B6B"

# Inches. The report shows a figure at about 1.6 times this size.
WIDTH = 8.0
HEIGHT = 3.3

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "errorbar.capsize": 1.5,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.borderpad": 0.2,
    "legend.fontsize": 8,
    "legend.handlelength": 1.6,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.fonttype": "path",
    "svg.hashsalt": "latflow",
    "path.simplify": True,
}

_NOT_LOOKS = ("backend", "interactive", "toolbar", "webagg", "tk.", "keymap", "animation")

_Parameters = ParamSpec("_Parameters")


class SeriesStyle(NamedTuple):
    """How a series is drawn: colour and, where colour is not seen, its marker and dash."""

    colour: str
    marker: str
    dash: str


_SERIES = (
    SeriesStyle(BLUE, "o", "-"),
    SeriesStyle(VERMILION, "s", "--"),
    SeriesStyle(GREEN, "^", "-."),
    SeriesStyle(PURPLE, "D", ":"),
    SeriesStyle(ORANGE, "v", "--"),
    SeriesStyle(SKY, "P", "-."),
)


Styles = Mapping[str, SeriesStyle]


def series_styles(names: Iterable[str], given: Styles | None = None) -> dict[str, SeriesStyle]:
    """A style for every name: the one given for it, else the next of the palette."""
    styles = dict(given or {})
    for name in names:
        styles.setdefault(name, _SERIES[len(styles) % len(_SERIES)])
    return styles


def styled(draw: Callable[_Parameters, Figure]) -> Callable[_Parameters, Figure]:
    """Draw a figure in latflow's style, and leave matplotlib's settings as they were."""

    @wraps(draw)
    def in_style(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Figure:
        with style():
            return draw(*args, **kwargs)

    return in_style


def style():
    """A context in which matplotlib draws and saves in latflow's style."""
    default = {key: mpl.rcParamsDefault[key] for key in _defaults()}
    settings: Any = {**default, **_STYLE}
    return mpl.rc_context(settings)


@cache
def _defaults() -> tuple[Any, ...]:
    """The settings that have to do with looks; a backend is never chosen here."""
    return tuple(key for key in mpl.rcParamsDefault if not key.startswith(_NOT_LOOKS))


def new_figure(width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """An empty figure that belongs to no window and no global list."""
    return Figure(figsize=(width, height), layout="constrained")


def logarithmic(axes: Axes) -> None:
    """A logarithmic y axis, with plain numbers 1, 2, 5, 10 where it spans a decade or two."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 100 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(LogLocator(subs="all"))
        axes.yaxis.set_minor_formatter(NullFormatter())


def note(axes: Axes, text: str, *, where: str = "upper right", colour: str = BLACK) -> None:
    """A remark in a corner of the axes, on a background that keeps it legible."""
    vertical, horizontal = where.split()
    axes.text(
        0.975 if horizontal == "right" else 0.025,
        0.965 if vertical == "upper" else 0.035,
        text,
        transform=axes.transAxes,
        ha=horizontal,
        va="top" if vertical == "upper" else "bottom",
        fontsize=8,
        color=colour,
        linespacing=1.4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2.5},
        zorder=10,
    )
