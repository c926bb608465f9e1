"""What the loss of each training objective is, in symbols and words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    "local-work": Loss(
        r"$\langle W \rangle$",
        Markup("⟨<i>W</i>⟩, the mean work of annealing, −log <i>Z</i> at least"),
        is_divergence=False,
    ),
    "transport-residual": Loss(
        r"Var$(\partial_t S_t + b\cdot\nabla S_t - \nabla\cdot b)$",
        Markup(
            "the mean variance of ∂<sub><i>t</i></sub><i>S<sub>t</sub></i> + <i>b</i>·∇<i>S"
            "<sub>t</sub></i> − ∇·<i>b</i>, zero for a drift that carries each theory into the next"
        ),
        is_divergence=False,
    ),
    "force-matching": Loss(
        r"$\langle |F_r - \tilde F|^2 \rangle / V$",
        Markup(
            "⟨|<i>F</i><sub><i>r</i></sub> − <i>F̃</i>|²⟩/<i>V</i>, the squared difference of the "
            "forces of prior and target on the latent variables, zero for an exact map"
        ),
        is_divergence=False,
    ),
    "log-weight-variance": Loss(
        r"Var$(\log w)$",
        Markup("Var(log <i>w</i>), zero for an exact map"),
        is_divergence=False,
    ),
    "lag-one-autocorrelation": Loss(
        r"$-V \langle A\,(M' - M)^2 \rangle$",
        Markup(
            "−<i>V</i>⟨<i>A</i> (<i>M</i>′ − <i>M</i>)²⟩, minus the squared jump of the field's "
            "mean in one trajectory"
        ),
        is_divergence=False,
    ),
}


def loss_of(training: Mapping[str, Any]) -> Loss:
    """The loss of a ``[training]`` block; that of the divergences if not given."""
    loss = _LOSSES.get(str(training.get("objective")), _DIVERGENCE)
    forward = training.get("forward_kl")
    return loss if forward is None else _with_forward_share(loss, float(forward["share"]))


def _with_forward_share(reverse: Loss, share: float) -> Loss:
    """Both divergences: what the sum cannot fall below involves the target's entropy."""
    rest = 1 - share
    return Loss(
        rf"${rest:g}\,${reverse.symbol}$\;-\;{share:g}\,\langle\log q\rangle_p$",
        Markup(
            "{rest}{words}<sub><i>q</i></sub> − {share} ⟨log <i>q</i>⟩<sub><i>p</i></sub>, with "
            "configurations of the target in the second part"
        ).format(rest=f"{rest:g} ", words=reverse.words, share=f"{share:g}"),
        is_divergence=False,
    )
