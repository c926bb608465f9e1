"""Acceptance and energy violation along the chains, warm-up included."""

from collections.abc import Mapping

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of, thinning
from latflow.reports.figures.always._along_chain import Along, info_along, stretches
from latflow.reports.figures.always._thermalisation import shade_warm_up
from latflow.reports.figures.look import GREY, WIDTH, Styles, new_figure, series_styles, styled
from latflow.reports.text import plain_text

# Beyond so much the energy violation of the warm-up would hide that of the samples.
_LARGE = 20.0


@styled
def acceptance_history(
    acceptance: Mapping[str, Along],
    delta_h: Mapping[str, Along],
    *,
    styles: Styles | None = None,
) -> Figure:
    """Acceptance, and ΔH with its spread, against the transition.

    Args:
        acceptance: by block of chains.
        delta_h: of those that follow trajectories.
        styles: colours by block, where they are to be as in other figures.
    """
    styles = series_styles(acceptance, styles)
    figure = new_figure(WIDTH if delta_h else 0.62 * WIDTH, 3.0)
    panels = figure.subplots(1, 2 if delta_h else 1, squeeze=False).reshape(-1)
    _acceptance(panels[0], acceptance, styles)
    if delta_h:
        _violation(panels[1], delta_h, styles)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(5, len(names)))
    return figure


def _acceptance(axes: Axes, series: Mapping[str, Along], styles: Styles) -> None:
    for name, along in series.items():
        found, style = stretches(along, logarithmic=False), styles[name]
        axes.plot(
            found.transition, found.mean, color=style.colour, linestyle=style.dash,
            label=plain_text(name),
        )  # fmt: skip
    shade_warm_up(axes, series, styles)
    axes.set(
        xlabel="transitions since the start",
        ylabel="acceptance",
        title="Acceptance",
        ylim=(0, 1.03),
    )


def _violation(axes: Axes, series: Mapping[str, Along], styles: Styles) -> None:
    for name, along in series.items():
        found, style = stretches(along, logarithmic=False), styles[name]
        axes.fill_between(
            found.transition, found.low, found.high, color=style.colour, alpha=0.2, linewidth=0
        )
        axes.plot(found.transition, found.mean, color=style.colour, linestyle=style.dash)
    shade_warm_up(axes, series, styles)
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    if max(map(abs, axes.get_ylim())) > _LARGE:
        axes.set_yscale("symlog", linthresh=1.0)
    axes.set(
        xlabel="transitions since the start",
        ylabel=r"$\Delta H$",
        title=r"Energy violation $\Delta H$",
    )


class AcceptanceFigure(FigurePart):
    """Acceptance of every chain, and energy violations of those that have them."""

    name = "acceptance"
    title = "Acceptance along the chains"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains, from the first transition on where the warm-up is there."""
        found = {
            name: {
                chain.name: along
                for chain in report.chains
                if (along := info_along(chain, name)) is not None
            }
            for name in ("acceptance", "delta_h")
        }
        if not found["acceptance"]:
            return None
        thin = thinning(report, set(found["delta_h"]))
        violation = Markup(
            " <b>Right:</b> the change of the energy along a trajectory, its mean and the band "
            "that holds 68 % of all{}; spikes or a wandering band are a sign of too large steps."
        ).format(", averaged between samples" + thin if thin else "")
        caption = Markup(
            "{}mean acceptance over all chains of a block and over stretches of equal length; the "
            "warm-up, in which steps are tuned, is shaded. After it the acceptance should be "
            "level.{}"
        ).format(
            Markup("<b>Left:</b> ") if found["delta_h"] else "The ",
            violation if found["delta_h"] else "",
        )
        figure = acceptance_history(found["acceptance"], found["delta_h"], styles=styles_of(report))
        return Drawing(figure, caption)
