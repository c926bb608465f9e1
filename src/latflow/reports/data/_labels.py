"""Symbols and names of observables, in HTML, in matplotlib's mathematics and in words."""

import re
from typing import NamedTuple

from markupsafe import Markup, escape

from latflow.reports.text import plain_text


class Label(NamedTuple):
    """How an observable is written.

    Attributes:
        html: its symbol in HTML.
        tex: its symbol in matplotlib's mathematics, with the dollar signs.
        words: what it is, in a few words.
    """

    html: Markup
    tex: str
    words: str


def _label(html: str, tex: str, words: str) -> Label:
    return Label(Markup(html), f"${tex}$", words)


# In the order in which tables show them.
OBSERVABLES: dict[str, Label] = {
    "m": _label("⟨<i>M</i>⟩", r"\langle M\rangle", "magnetisation"),
    "abs_m": _label("⟨|<i>M</i>|⟩", r"\langle|M|\rangle", "modulus of the magnetisation"),
    "chi2": _label("χ<sub>2</sub>", r"\chi_2", "susceptibility V⟨M²⟩"),
    "chi_absM": _label("χ<sub>|<i>M</i>|</sub>", r"\chi_{|M|}", "connected susceptibility of |M|"),
    "phi2": _label("⟨φ<sup>2</sup>⟩", r"\langle\phi^2\rangle", "mean square of the field"),
    "phi4": _label("⟨φ<sup>4</sup>⟩", r"\langle\phi^4\rangle", "mean fourth power of the field"),
    "ising_energy": _label("<i>E</i>", "E", "nearest-neighbour correlation"),
    "xi_2nd": _label("ξ<sub>2nd</sub>", r"\xi_{\mathrm{2nd}}", "second-moment correlation length"),
    "mpL": _label("<i>m</i><sub>p</sub><i>L</i>", r"m_p L", "pole mass times L, plateau average"),
    "mpL_all": _label(
        "<i>m</i><sub>p</sub><i>L</i> (all <i>t</i>)",
        r"m_p L\ (\mathrm{all}\ t)",
        "pole mass times L, all t",
    ),
    "binder_U4": _label("<i>U</i><sub>4</sub>", "U_4", "Binder cumulant"),
    "action": _label("⟨<i>S</i>⟩", r"\langle S\rangle", "action, without its constant"),
    "schwinger_dyson": _label(
        "⟨φ ∂<i>S</i>/∂φ⟩",
        r"\langle\phi\,\partial S/\partial\phi\rangle",
        "Schwinger–Dyson, per site",
    ),
    "exp_minus_delta_h": _label(
        "⟨e<sup>−Δ<i>H</i></sup>⟩", r"\langle e^{-\Delta H}\rangle", "energy violation of HMC"
    ),
    "log_z": _label("log <i>Z</i>", r"\log Z", "action without its constant"),
}

# The series whose autocorrelation is looked at, by the observable that they make.
SLOW_SERIES: dict[str, Label] = {
    "m": _label("<i>M</i>", "M", "magnetisation"),
    "chi2": _label("<i>M</i><sup>2</sup>", "M^2", "susceptibility"),
    "ising_energy": _label("<i>E</i>", "E", "nearest-neighbour correlation"),
}


# One letter is too little to know that a name is meant.
_NAME = re.compile(r"\b(" + "|".join(name for name in OBSERVABLES if len(name) > 1) + r")\b")


def label_of(name: str) -> Label:
    """The label of an observable; one that is not known is written by its name."""
    if name in OBSERVABLES:
        return OBSERVABLES[name]
    return Label(Markup("<code>{}</code>").format(name), plain_text(name), "")


def in_order(names: set[str]) -> list[str]:
    """Observables as tables show them: the known ones first, the others by name."""
    known = [name for name in OBSERVABLES if name in names]
    return known + sorted(names - set(known))


def with_symbols(text: str) -> Markup:
    """Text for HTML, with the names of observables in it replaced by their symbols."""
    return Markup(_NAME.sub(lambda name: str(OBSERVABLES[name.group()].html), str(escape(text))))
