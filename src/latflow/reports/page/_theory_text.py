"""The theory and the lattice of a run in words."""

from collections.abc import Mapping
from typing import Any

from latflow.reports.text import plain_number

_NAMES = {"phi4": "φ⁴ theory", "free": "Free scalar field", "u1": "U(1) gauge theory"}
_SYMBOLS = {"beta": "β", "lam": "λ", "m2": "m²", "zeta": "ζ", "g4": "g₄", "kappa": "κ"}
_NOT_PARAMETERS = frozenset({"kind", "convention", "shape"})


def theory_name(theory: Mapping[str, Any]) -> str:
    """What the theory is called."""
    kind = str(theory.get("kind", "unknown theory"))
    return _NAMES.get(kind, kind)


def lattice_text(shape: tuple[int, ...]) -> str:
    """The lattice as in 8 × 8, or ``L = 64`` in one dimension."""
    if len(shape) == 1:
        return f"L = {shape[0]}"
    return " × ".join(str(extent) for extent in shape)


def parameters_text(theory: Mapping[str, Any]) -> str:
    """The parameters with their convention: ``β = 0.576, λ = 0.5 (hopping convention)``."""
    parts = [
        f"{_SYMBOLS.get(name, name)} = {_number(value)}"
        for name, value in theory.items()
        if name not in _NOT_PARAMETERS and isinstance(value, int | float)
    ]
    text = ", ".join(parts)
    if "convention" in theory:
        text += f" ({theory['convention']} convention)"
    return text


def _number(value: float) -> str:
    return plain_number(float(value), 6)
