"""Built-in lines of constant physics: ensembles of growing extent L at m_p L of about 4."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Each with its extent L; the sources are named by the lines below.
_AKS = {"E1": (6, 6.975), "E2": (8, 6.008), "E3": (10, 5.550), "E4": (12, 5.276), "E5": (14, 5.113)}
_AKS_LARGE = {"L32": (32, 4.572), "L64": (64, 4.398)}
_HOPPING = {
    "L6": (6, 0.537),
    "L8": (8, 0.576),
    "L12": (12, 0.616),
    "L16": (16, 0.634),
    "L20": (20, 0.645),
}

KERNELS: tuple[Mapping[str, Any], ...] = (
    {"name": "hmc", "kernel": "hmc", "trajectory": 1.0},
    {"name": "fourier-hmc", "kernel": "fourier-hmc", "trajectory": 1.0},
    {"name": "metropolis", "kernel": "metropolis"},
    {"name": "cluster", "kernel": "cluster"},
)
"""Kernel blocks of a scan that names none: the classical algorithms for a scalar theory."""


@dataclass(frozen=True)
class Line:
    """A named sequence of ensembles.

    Attributes:
        description: what it is and where it comes from.
        ensembles: the ``[[ensembles]]`` blocks of a scan.
    """

    description: str
    ensembles: tuple[Mapping[str, Any], ...]


def _aks(name: str, extent: int, lam: float) -> dict[str, Any]:
    return {
        "name": name,
        "theory": {
            "kind": "phi4",
            "convention": "aks",
            "shape": [extent, extent],
            "m2": -4.0,
            "lam": lam,
        },
        "defaults": _defaults(extent),
    }


def _hopping(name: str, extent: int, beta: float) -> dict[str, Any]:
    return {
        "name": name,
        "theory": {
            "kind": "phi4",
            "convention": "hopping",
            "shape": [extent, extent],
            "beta": beta,
            "lam": 0.5,
        },
        "defaults": _defaults(extent),
    }


def _defaults(extent: int) -> dict[str, Any]:
    """Kernel settings that go with the extent, where m_p L = 4."""
    # Beyond L = 20 ten leapfrog steps lose too many trajectories.
    steps = 10 if extent <= 20 else 20
    return {
        "hmc": {"steps": steps},
        "fourier-hmc": {"steps": steps, "mass2": round((4 / extent) ** 2, 4)},
    }


_SMALL_AKS = tuple(_aks(name, *parameters) for name, parameters in _AKS.items())

LINES: dict[str, Line] = {
    "aks": Line(
        "E1 to E5 of Albergo, Kanwar, Shanahan (arXiv:1904.12072): L = 6 to 14, m2 = -4",
        _SMALL_AKS,
    ),
    "aks-large": Line(
        "E1 to E5 and their continuation to L = 32 and 64",
        _SMALL_AKS + tuple(_aks(name, *parameters) for name, parameters in _AKS_LARGE.items()),
    ),
    "hopping": Line(
        "L/xi = 4 at lambda = 1/2 of Albandea et al. (Lattice 2023): L = 6 to 20",
        tuple(_hopping(name, *parameters) for name, parameters in _HOPPING.items()),
    ),
}
"""All built-in lines by name."""
