"""A figure as a piece of HTML: inline SVG that reads well aloud and needs nothing else."""

import io
import re
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from latflow.reports.figures.look._style import WIDTH, style

_OPENING = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="[^"]*"')
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_IDENTIFIER = re.compile(r'(\bid="|\bhref="#|url\(#)')
_PATH = re.compile(r'\bd="[^"]*"')
_COORDINATE = re.compile(r"(\d\.\d{2})\d+")


def to_svg(figure: Figure, identifier: str, title: str, description: str) -> str:
    """An ``<svg>`` element for an HTML page.

    Args:
        figure: the figure; it is rendered as it is.
        identifier: starts every ``id`` inside, so that figures of one page do not collide.
        title: a short name, for readers who cannot see the figure.
        description: what it shows, for the same readers.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    opening = _OPENING.search(text)
    if opening is None:
        raise ValueError("matplotlib wrote no <svg> element")
    view_box = _VIEW_BOX.search(opening.group())
    body = _METADATA.sub("", text[opening.end() :])
    body = _IDENTIFIER.sub(rf"\g<1>{identifier}-", body)
    body = _rounded(body)
    width = min(100.0, 100 * figure.get_figwidth() / WIDTH)
    head = (
        f'<svg {view_box.group() if view_box else ""} width="{width:.0f}%" role="img" '
        f'aria-labelledby="{identifier}-title {identifier}-description">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-description">{escape(description)}</desc>'
    )
    # HTML knows SVG by its name: the namespaces, with their addresses, are not needed.
    return head + body.strip()


def _rounded(body: str) -> str:
    """The same paths with coordinates to a hundredth of a point."""
    return _PATH.sub(lambda path: _COORDINATE.sub(r"\1", path.group()), body)
