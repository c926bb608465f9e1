"""Sample configurations of several sources side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures.look import WIDTH, Styles, new_figure, note, series_styles, styled
from latflow.reports.figures.maps import SCALAR_LOOK, MapLook, plane_of
from latflow.reports.text import plain_text

COLUMNS = 5
LINES = 3

Pictures = Float[np.ndarray, "stored *lattice"]


@styled
def configurations(
    pictures: Mapping[str, Float[np.ndarray, "stored *lattice"]],
    look: MapLook = SCALAR_LOOK,
    remarks: Mapping[str, list[str]] | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """A few configurations of every source, all on one scale.

    In one dimension they are drawn as lines; of three and more dimensions a plane is shown,
    with the other coordinates at zero.

    Args:
        pictures: a number on every site, by source, such as ``flow`` or ``hmc``; at least one
            configuration each.
        look: what the numbers are; by default a scalar field.
        remarks: on the single configurations, by source.
        styles: colours by source, where they are to be as in other figures (lines only).
    """
    dimensions = {stored.ndim - 1 for stored in pictures.values()}
    limits = look.limits or symmetric_limits(list(pictures.values()))
    if dimensions == {1}:
        return _lines(pictures, look, limits, series_styles(pictures, styles))
    return _planes(pictures, look, limits, remarks or {})


def symmetric_limits(pictures: Sequence[np.ndarray]) -> tuple[float, float]:
    """Limits about zero that hold nearly all values."""
    reach = float(np.quantile(np.concatenate([np.abs(f).ravel() for f in pictures]), 0.995))
    return (-reach, reach) if reach > 0 else (-1.0, 1.0)


def colour_bar(figure: Figure, image, axes, look: MapLook, fraction: float, aspect: int) -> None:
    """The bar of colours beside some axes."""
    bar = figure.colorbar(image, ax=axes, fraction=fraction, pad=0.015, aspect=aspect)
    bar.set_label(look.label)
    if look.ticks is not None:
        bar.set_ticks(list(look.ticks), labels=list(look.ticks.values()))
    bar.outline.set_linewidth(0.5)  # pyright: ignore[reportCallIssue]


def show_plane(
    axes: Axes, picture: Float[np.ndarray, "*lattice"], look: MapLook, limits: tuple[float, float]
):
    """A plane of one picture; returns the image."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(True)
    return axes.imshow(
        plane_of(np.asarray(picture, dtype=float)),
        cmap=look.colours,
        vmin=limits[0],
        vmax=limits[1],
        interpolation="nearest",
        origin="lower",
    )


def spread(number: int, stored: int) -> Float[np.ndarray, " shown"] | np.ndarray:
    """Indices of so many of the stored configurations, as far apart as can be."""
    number = min(number, stored)
    return np.arange(number) * stored // number


def _planes(
    pictures: Mapping[str, Pictures],
    look: MapLook,
    limits: tuple[float, float],
    remarks: Mapping[str, list[str]],
) -> Figure:
    rows = len(pictures)
    columns = min(COLUMNS, max(len(stored) for stored in pictures.values()))
    extents = next(iter(pictures.values())).shape[-2:]
    panel = (WIDTH - 1.65) / columns
    height = min(1.0, extents[0] / extents[1]) * panel
    figure = new_figure(WIDTH, max(1.6, rows * (height + 0.08) + 0.1))
    grid = figure.subplots(rows, columns, squeeze=False)
    image = None
    for (name, stored), row in zip(pictures.items(), grid, strict=True):
        shown = spread(columns, len(stored))
        for axes, index in zip(row, shown, strict=False):
            image = show_plane(axes, stored[index], look, limits)
            if remarks.get(name) and remarks[name][index]:
                note(axes, remarks[name][index], where="upper left")
        for axes in row[len(shown) :]:
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.spines[:].set_visible(False)
        row[0].set_ylabel(plain_text(name))
    if image is not None:
        colour_bar(figure, image, grid, look, 0.03, 28)
    return figure


def _lines(
    pictures: Mapping[str, Pictures],
    look: MapLook,
    limits: tuple[float, float],
    styles: Styles,
) -> Figure:
    margin = 0.075 * (limits[1] - limits[0])
    figure = new_figure(WIDTH, max(2.4, 1.5 * len(pictures) + 0.5))
    column = figure.subplots(len(pictures), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, stored) in zip(column, pictures.items(), strict=True):
        for shade, index in zip((1.0, 0.55, 0.3), spread(LINES, len(stored)), strict=False):
            picture = stored[index]
            axes.plot(
                np.arange(picture.size),
                picture,
                color=styles[name].colour,
                alpha=shade,
                linewidth=1,
            )
        axes.set(ylim=(limits[0] - margin, limits[1] + margin), title=plain_text(name))
        axes.set_ylabel(look.label.removesuffix("  [lattice units]"))
    column[-1].set_xlabel("$x$  [lattice units]")
    return figure
