"""The theory and the lattice of a run in words."""

from latflow.reports.text import plain_number
from latflow.theories import TheorySettings

_NOT_PARAMETERS = frozenset({"kind", "shape"})


def theory_name(theory: TheorySettings) -> str:
    """What the theory is called."""
    return theory.title or str(getattr(theory, "kind", type(theory).__name__))


def lattice_text(shape: tuple[int, ...]) -> str:
    """The lattice as in 8 × 8, or ``L = 64`` in one dimension."""
    if len(shape) == 1:
        return f"L = {shape[0]}"
    return " × ".join(str(extent) for extent in shape)


def parameters_text(theory: TheorySettings) -> str:
    """The parameters with their conventions: ``β = 0.576, λ = 0.5 (hopping convention)``."""
    given = theory.model_dump(exclude_none=True, exclude=set(_NOT_PARAMETERS))
    numbers = [
        f"{theory.symbols.get(name, name)} = {plain_number(float(value), 6)}"
        for name, value in given.items()
        if isinstance(value, int | float)
    ]
    choices = [f" ({value} {name})" for name, value in given.items() if isinstance(value, str)]
    return ", ".join(numbers) + "".join(choices)
