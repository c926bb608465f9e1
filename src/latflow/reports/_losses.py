"""What the loss of each training objective is, in symbols and words."""

from typing import NamedTuple

from markupsafe import Markup


class Loss(NamedTuple):
    """A loss: its symbol for figures, the same in HTML with words, and what it cannot fall below.

    ``is_divergence``: its smallest value is minus the logarithm of the mean weight.
    """

    symbol: str
    words: Markup
    is_divergence: bool


_DIVERGENCE = Loss(
    r"$\langle\log q + S\rangle_q$", Markup("⟨log <i>q</i> + <i>S</i>⟩"), is_divergence=True
)
_LOSSES = {
    "force-matching": Loss(
        r"$\langle |F_r - \tilde F|^2 \rangle / V$",
        Markup(
            "⟨|<i>F</i><sub><i>r</i></sub> − <i>F̃</i>|²⟩/<i>V</i>, the squared difference of the "
            "forces of prior and target on the latent variables, zero for an exact map"
        ),
        is_divergence=False,
    ),
    "lag-one-autocorrelation": Loss(
        r"$-V \langle A\,(M' - M)^2 \rangle$",
        Markup(
            "−<i>V</i>⟨<i>A</i> (<i>M</i>′ − <i>M</i>)²⟩, minus the squared jump of the "
            "magnetisation in one trajectory"
        ),
        is_divergence=False,
    ),
}


def loss_of(objective: str) -> Loss:
    """The loss of an objective; that of the divergences where it is none of the others."""
    return _LOSSES.get(objective, _DIVERGENCE)
