"""How measured things are written: in HTML, in mathematics, and in plain text."""

import html
import re
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

_RAISED = dict(zip("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))


@runtime_checkable
class Named(Protocol):
    """What observables say about a result of theirs, or about a series that is slow."""

    @property
    def html(self) -> str:
        """Symbol in HTML."""
        ...

    @property
    def tex(self) -> str:
        """Symbol in Matplotlib's mathematics, without dollar signs."""
        ...

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        ...


@dataclass(frozen=True)
class Symbol:
    """How something is written.

    Attributes:
        html: in HTML.
        tex: in Matplotlib's mathematics, without dollar signs.
        words: what it is.
    """

    html: str
    tex: str
    words: str

    @classmethod
    def of(cls, named: Named) -> "Symbol":
        """That of a quantity or a slow series."""
        return cls(named.html, named.tex, named.words)

    @property
    def text(self) -> str:
        """The symbol for a terminal: M², χ₂, ξ_2nd."""
        text = re.sub(r"<sup>(.*?)</sup>", lambda m: _shifted(m[1], _RAISED, "^"), self.html)
        text = re.sub(r"<sub>(.*?)</sub>", lambda m: _shifted(m[1], _LOWERED, "_"), text)
        return html.unescape(re.sub(r"<[^>]*>", "", text))


def _shifted(content: str, letters: dict[str, str], sign: str) -> str:
    """An exponent or index in small letters where there are such, else after a sign."""
    plain = re.sub(r"<[^>]*>", "", content)
    if all(letter in letters for letter in plain):
        return "".join(letters[letter] for letter in plain)
    return sign + plain
