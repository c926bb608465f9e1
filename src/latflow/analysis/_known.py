"""A number that is known, with its source: what a measurement is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class KnownNumber:
    """A number to compare with.

    Attributes:
        value: the number.
        error: its standard error; 0 for exact ones.
        source: where it comes from.
        compares_with: the observable, or ``log_z``, that it is a number for.
        of: whether it is the observable's value or its integrated autocorrelation time.
        kernel: for an autocorrelation time, the settings of the kernel that it belongs to.
        words: what it is, where that is more than the observable's name says.
    """

    value: float
    error: float
    source: str
    compares_with: str
    of: Literal["value", "tau_int"] = "value"
    kernel: Mapping[str, Any] | None = None
    words: str = ""
