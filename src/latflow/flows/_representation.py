"""How the numbers that a network gives behave under the sign of its input."""

from typing import NamedTuple


class Representation(NamedTuple):
    """So many even and so many odd numbers.

    Attributes:
        even: they stay the same when the sign of the field changes.
        odd: they change their sign with it.
    """

    even: int
    odd: int

    def times(self, count: int) -> "Representation":
        """That of so many independent copies."""
        return Representation(self.even * count, self.odd * count)
