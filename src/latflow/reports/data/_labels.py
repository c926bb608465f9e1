"""How observables are written: in HTML, in Matplotlib's mathematics, in words, in which order."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

from latflow.observables import Quantity, SlowSeries
from latflow.reports.text import plain_text

LOG_Z = Quantity("log_z", "log <i>Z</i>", r"\log Z", "action without its constant")
ENERGY_VIOLATION = Quantity(
    "exp_minus_delta_h",
    "⟨e<sup>−Δ<i>H</i></sup>⟩",
    r"\langle e^{-\Delta H}\rangle",
    "energy violation of HMC",
    identity=1.0,
    of_the_kernel=True,
)


# How warnings, which are plain text, spell what has a symbol.
_SPELLED = {
    "chi2/dof": "χ²/dof",
    "split R-hat": "split <i>R̂</i>",
    "tau_int": "τ<sub>int</sub>",
    "sigma": "σ",
    "log w": "log <i>w</i>",
    "log Z": "log <i>Z</i>",
}


class Label(NamedTuple):
    """How an observable is written.

    Attributes:
        html: its symbol in HTML.
        tex: its symbol in matplotlib's mathematics, with the dollar signs.
        words: what it is, in a few words, with its unit.
    """

    html: Markup
    tex: str
    words: str


class Labels:
    """The labels of all quantities of a run, in the order of its tables.

    Args:
        quantities: of the run's observables; those of kernels and log Z are added.
        slow: the series whose autocorrelation is looked at.
    """

    def __init__(self, quantities: Iterable[Quantity], slow: Iterable[SlowSeries] = ()):
        self.quantities = {one.name: one for one in (*quantities, ENERGY_VIOLATION, LOG_Z)}
        self._labels = {one.name: _label(one) for one in self.quantities.values()}
        self._series = {one.name: _label(one) for one in slow}
        names = "|".join(re.escape(name) for name in self._labels if len(name) > 1)
        # One letter is too little to know that a name is meant, but for one with a number behind.
        letters = "|".join(re.escape(name) for name in self._labels if len(name) == 1)
        single = rf"|\b({letters})(?= \()" if letters else ""
        spelled = "|".join(re.escape(word) for word in _SPELLED)
        self._name = re.compile(rf"\b({spelled})\b|\b({names})\b{single}")

    def of(self, name: str) -> Label:
        """The label of a quantity; one that is not known is written by its name."""
        return self._labels.get(name) or _nameless(name)

    def of_series(self, name: str) -> Label:
        """The label of a slow series, by the name of the quantity that it makes."""
        return self._series.get(name) or self.of(name)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Quantities as tables show them: the known ones first, the others by name."""
        wanted = set(names)
        known = [name for name in self._labels if name in wanted]
        return known + sorted(wanted - set(known))

    def with_symbols(self, text: str) -> Markup:
        """Text for HTML, with the names of quantities in it replaced by their symbols."""

        def symbol(found: re.Match[str]) -> str:
            word = found.group()
            return _SPELLED.get(word) or str(self.of(word).html)

        return Markup(self._name.sub(symbol, escape(text)))


def _label(one: Quantity | SlowSeries) -> Label:
    unit = one.unit if isinstance(one, Quantity) else ""
    return Label(Markup(one.html), f"${one.tex}$", f"{one.words} [{unit}]" if unit else one.words)


def _nameless(name: str) -> Label:
    return Label(Markup("<code>{}</code>").format(name), plain_text(name), "")
