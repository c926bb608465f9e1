"""The parameterisations of scalar phi^4 theory in the literature, and the one that they end in."""

from collections.abc import Callable
from typing import Any, Literal

Convention = Literal["hopping", "field-strength", "aks", "textbook", "kappa-lambda"]
Canonical = tuple[Any, Any, Any, Any]

PARAMETERS: dict[str, tuple[str, ...]] = {
    "hopping": ("beta", "lam"),
    "field-strength": ("zeta", "m2", "g4"),
    "aks": ("m2", "lam"),
    "textbook": ("m2", "lam"),
    "kappa-lambda": ("kappa", "lam"),
}
"""What each convention takes; the quartic coupling comes last."""

_HOPS = "Σ<sub>μ</sub> φ<sub>x</sub>φ<sub>x+μ</sub>"
_GRADIENT = "Σ<sub>μ</sub> (φ<sub>x+μ</sub> − φ<sub>x</sub>)²"
_SQUARE, _FOURTH = "φ<sub>x</sub>²", "φ<sub>x</sub>⁴"

ACTIONS: dict[Convention, str] = {
    "hopping": f"Σ<sub>x</sub> [ −β {_HOPS} + (1 − 2λ) {_SQUARE} + λ {_FOURTH} ]",
    "field-strength": f"Σ<sub>x</sub> [ ½ζ {_GRADIENT} + ½m² {_SQUARE} + g₄ {_FOURTH} ]",
    "aks": f"Σ<sub>x</sub> [ {_GRADIENT} + m² {_SQUARE} + λ {_FOURTH} ]",
    "textbook": f"Σ<sub>x</sub> [ ½ {_GRADIENT} + ½m² {_SQUARE} + λ {_FOURTH} ]",
    "kappa-lambda": f"Σ<sub>x</sub> [ −2κ {_HOPS} + (1 − 2λ) {_SQUARE} + λ {_FOURTH} ]",
}
"""The action in the parameters of each convention, in HTML, without its constant."""

_CANONICAL: dict[str, Callable[..., Canonical]] = {
    "hopping": lambda ndim, beta, lam: (beta, 1 - 2 * lam, lam, lam),
    "field-strength": lambda ndim, zeta, m2, g4: (zeta, ndim * zeta + m2 / 2, g4, 0.0),
    "aks": lambda ndim, m2, lam: (2.0, 2 * ndim + m2, lam, 0.0),
    "textbook": lambda ndim, m2, lam: (1.0, ndim + m2 / 2, lam, 0.0),
    "kappa-lambda": lambda ndim, kappa, lam: (2 * kappa, 1 - 2 * lam, lam, 0.0),
}


def canonical(convention: str, ndim: int, **parameters) -> Canonical:
    """h, a, g, c of S = sum_x [-h sum_mu phi phi' + a phi^2 + g phi^4] + c V.

    - ``hopping``: Del Debbio et al. (arXiv:2105.12481) and Albandea et al. (2023);
    - ``field-strength``: Komijani and Marinkovic (Lattice 2022);
    - ``aks``: without halves, Albergo, Kanwar and Shanahan (arXiv:1904.12072);
    - ``textbook``: (d phi)^2 / 2 + m2 phi^2 / 2 + lam phi^4;
    - ``kappa-lambda``: Nicoli et al. (arXiv:2007.07115).

    Args:
        convention: its name.
        ndim: dimension of the lattice.
        **parameters: those of ``PARAMETERS[convention]``; numbers or arrays.
    """
    return _CANONICAL[convention](ndim, **parameters)
