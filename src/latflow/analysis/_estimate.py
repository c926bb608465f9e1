"""A number with its error."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A value with one standard deviation of statistical error."""

    value: float
    error: float
