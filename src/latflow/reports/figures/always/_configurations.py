"""Sample configurations of several sources side by side."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from latflow.reports.figures.look import WIDTH, Styles, new_figure, series_styles, styled
from latflow.reports.text import plain_text

_COLUMNS = 5
_LINES = 3
# Blue to red through white: told apart with any kind of colour vision.
_COLOURS = "RdBu_r"

Fields = Float[np.ndarray, "stored *lattice"]


@styled
def configurations(
    fields: Mapping[str, Float[np.ndarray, "stored *lattice"]], *, styles: Styles | None = None
) -> Figure:
    """A few configurations of every source, all on one scale.

    One-dimensional fields are drawn as lines; of three and more dimensions a plane is shown,
    with the other coordinates at zero.

    Args:
        fields: by source, such as ``flow`` or ``hmc``; at least one configuration each.
        styles: colours by source, where they are to be as in other figures (lines only).
    """
    dimensions = {stored.ndim - 1 for stored in fields.values()}
    reach = float(np.quantile(np.concatenate([np.abs(f).ravel() for f in fields.values()]), 0.995))
    if dimensions == {1}:
        return _lines(fields, 1.15 * reach, series_styles(fields, styles))
    return _planes(fields, reach)


def plane_of(field: Float[np.ndarray, "*lattice"]) -> Float[np.ndarray, "rows columns"]:
    """The plane of the last two axes, the other coordinates at zero."""
    return field[(0,) * (field.ndim - 2)]


def _planes(fields: Mapping[str, Fields], reach: float) -> Figure:
    rows = len(fields)
    columns = min(_COLUMNS, max(len(stored) for stored in fields.values()))
    extents = next(iter(fields.values())).shape[-2:]
    panel = (WIDTH - 1.65) / columns
    height = min(1.0, extents[0] / extents[1]) * panel
    figure = new_figure(WIDTH, max(1.6, rows * (height + 0.08) + 0.1))
    grid = figure.subplots(rows, columns, squeeze=False)
    image = None
    for (name, stored), row in zip(fields.items(), grid, strict=True):
        for axes, field in zip(row, _spread(stored, columns), strict=False):
            image = axes.imshow(
                plane_of(np.asarray(field, dtype=float)),
                cmap=_COLOURS,
                vmin=-reach,
                vmax=reach,
                interpolation="nearest",
                origin="lower",
            )
        for axes in row:
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.spines[:].set_visible(bool(axes.images))
        row[0].set_ylabel(plain_text(name))
    if image is not None:
        bar = figure.colorbar(image, ax=grid, fraction=0.03, pad=0.015, aspect=28)
        bar.set_label(r"$\phi(x)$  [lattice units]")
        bar.outline.set_linewidth(0.5)  # pyright: ignore[reportCallIssue]
    return figure


def _lines(fields: Mapping[str, Fields], reach: float, styles: Styles) -> Figure:
    figure = new_figure(WIDTH, max(2.4, 1.5 * len(fields) + 0.5))
    column = figure.subplots(len(fields), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, stored) in zip(column, fields.items(), strict=True):
        for index, field in enumerate(_spread(stored, _LINES)):
            axes.plot(
                np.arange(field.size),
                field,
                color=styles[name].colour,
                alpha=(1.0, 0.55, 0.3)[index],
                linewidth=1,
            )
        axes.set(ylabel=r"$\phi(x)$", ylim=(-reach, reach), title=plain_text(name))
    column[-1].set_xlabel("$x$  [lattice units]")
    return figure


def _spread(stored: Fields, number: int) -> Float[np.ndarray, "shown *lattice"]:
    """So many configurations, as far apart in storage as can be."""
    number = min(number, len(stored))
    return stored[np.arange(number) * len(stored) // number]
