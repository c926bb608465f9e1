"""Numbers that the paper prints."""

from latflow.reproduce._albandea2023._flows import Start
from latflow.reproduce._albandea2023._plan import PAPER

TABLE_1_SOURCE = f"{PAPER}, table 1"
"""Where the autocorrelation times are printed."""

TABLE_1_HMC = (77.9, 1.5)
"""tau_int(M) of HMC at L = 16, with its error."""

TABLE_1: dict[Start, tuple[float, float]] = {
    "bigger-volume": (63.6, 2.2),
    "gaussian": (56.9, 1.8),
    "interpolation": (32.5, 1.2),
}
"""The same of flow HMC, by what the flow is trained from."""
