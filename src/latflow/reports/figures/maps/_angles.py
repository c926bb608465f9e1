"""What pictures of angles have in common: colours that close."""

import math

CYCLIC = "twilight_shifted"
FULL_TURN = (-math.pi, math.pi)
TURN_TICKS = {-math.pi: r"$-\pi$", 0.0: "0", math.pi: r"$\pi$"}
