"""Formulas of the site: LaTeX between dollar signs becomes MathML, which browsers draw themselves.

mkdocs calls it (``hooks`` in mkdocs.yml). No script is loaded from anywhere.
"""

import re
from html import unescape
from typing import Any

from latex2mathml.converter import convert

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<kind>[(\[])(?P<tex>.*?)\\[)\]]</(?P=tag)>',
    flags=re.DOTALL,
)


def on_page_content(html: str, **_: Any) -> str:
    """The page with its formulas as MathML; a formula that is wrong stops the build."""
    return _FORMULA.sub(_mathml, html)


def _mathml(found: re.Match[str]) -> str:
    tex = unescape(found["tex"])
    if found["kind"] == "(":
        return convert(tex)
    return f'<div class="formula">{convert(tex, display="block")}</div>'
