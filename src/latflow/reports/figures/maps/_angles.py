"""What pictures of angles have in common: colours that close, and whole turns."""

import math

import numpy as np
from jaxtyping import Float

CYCLIC = "twilight_shifted"
FULL_TURN = (-math.pi, math.pi)
TURN_TICKS = {-math.pi: r"$-\pi$", 0.0: "0", math.pi: r"$\pi$"}


def turns_of(angles: Float[np.ndarray, "*lattice"]) -> int:
    """The sum of all angles in full turns, which is an integer on a closed surface."""
    return round(float(angles.sum()) / (2 * math.pi))
