"""What the paper prints, and how its quantities are written."""

from collections.abc import Mapping
from types import MappingProxyType

SOURCE = "Albergo, Kanwar, Shanahan, arXiv:1904.12072"
"""Where the numbers are printed."""

PAPER = (
    "M. S. Albergo, G. Kanwar, P. E. Shanahan, Flow-based generative models for Markov chain "
    "Monte Carlo in lattice field theory, Phys. Rev. D 100 (2019) 034515, arXiv:1904.12072"
)
"""The paper, as one would cite it."""

MASS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "E1": (3.96, 0.03),
        "E2": (3.97, 0.05),
        "E3": (4.00, 0.04),
        "E4": (3.96, 0.05),
        "E5": (4.03, 0.06),
    }
)
"""m_p L by ensemble, with its error."""

SYMBOLS: Mapping[str, str] = MappingProxyType({"m": "M", "chi2": "M²", "ising_energy": "E"})
"""Of what has an autocorrelation time."""

OBSERVABLES: Mapping[str, str] = MappingProxyType(
    {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}
)
"""Of what is compared with independent simulations."""
