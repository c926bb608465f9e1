"""The figures of a report as pieces of a page."""

from typing import NamedTuple

from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.figures import drawings, to_svg, unknown_figures


class Section(NamedTuple):
    """A figure of the page; ``svg`` is empty where ``caption`` says why there is none."""

    identifier: str
    title: str
    svg: Markup
    caption: Markup


def sections(report: RunReport) -> list[Section]:
    """All figures that a run allows, in the order of the page."""
    found = []
    for part, (figure, caption) in drawings(report):
        svg = to_svg(figure, part.name, part.title, caption.striptags())
        found.append(Section(part.name, part.title, Markup(svg), caption))
    missing = unknown_figures(report)
    if missing:
        names = Markup(", ").join(Markup("<code>{}</code>").format(name) for name in missing)
        caption = Markup(
            "An observable asks for {}, which no installed package has: it is a part of the "
            "entry points <code>latflow.parts</code>, or a slip in the observable."
        ).format(names)
        found.append(Section("missing-figures", "Figures that are not there", Markup(), caption))
    return found
