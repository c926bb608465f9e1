r"""The first orders of Luescher's trivializing map for Wilson's action, for any group.

The density e^(-tau sigma) of the action sigma = -(1/N) sum Re tr P moves with v = -grad S if

    -Laplacian S + tau (grad sigma, grad S) = sigma + constant.

In powers of tau, S = S0 + tau S1 + ..., this is -Laplacian S0 = sigma, so S0 = sigma / (4 C_f), and
-Laplacian S1 = -|grad sigma|^2 / (4 C_f): a sum over links and pairs of plaquettes at each, which
the completeness of generators turns into eigenfunctions of the Laplacian.

Source: Luescher, Commun. Math. Phys. 293 (2010) 899 (arXiv:0907.5491), section 4: there for SU(3).
"""

import numpy as np
from jaxtyping import Float

from latflow.flows.gauge.gradient._loop_functions import (
    GaugeSpace,
    Loops,
    fundamental_casimir,
    loop_functions,
    order_of,
)


def trivializing_series(space: GaugeSpace, loops: Loops) -> Float[np.ndarray, "2 functions"]:
    """Coefficients of the loop functions in S0 and S1.

    With plaquettes only, those of S1 are what falls on them, and the rest is missing.

    Raises:
        ConfigError: on an extent of the lattice loops would meet themselves.
    """
    n, functions = order_of(space), loop_functions(space, loops)
    casimir = fundamental_casimir(space)
    series = np.zeros((2, len(functions)))
    series[0, 0] = -1 / (4 * casimir * n)
    squared = _squared_gradient(n)
    for i, function in enumerate(functions):
        kind, _, name = function.name.partition(" ")
        if kind in ("straight", "bent"):
            share = squared[f"pair {name}"]
        else:
            # Each of the four links of a plaquette has the same.
            share = 4 * squared.get(function.name, 0.0)
        series[1, i] = -share / (4 * casimir * n**2 * function.eigenvalue)
    return series


def _squared_gradient(n: int) -> dict[str, float]:
    """|sum_j grad Re tr X_j|^2 at one link, by the functions that each X_j and each pair has.

    From sum_a tr T_a X tr T_a Y = -(tr XY - tr X tr Y / N) / 2; for U(1) from sin x sin y.
    """
    if n == 1:
        return {"charge 2": -1 / 2, "pair charge 0": 1.0, "pair charge 2": -1.0}
    inverse = 1 / (4 * n)
    pairs = {
        "pair trivial": 1 / 2 - 1 / (2 * n**2),
        "pair adjoint": -1 / (2 * n),
        "pair symmetric": inverse - 1 / 4,
        "pair antisymmetric": inverse + 1 / 4,
    }
    if n == 2:
        # tr X tr Y + tr XY is twice the adjoint function, tr X tr Y - tr XY the trivial one; the
        # symmetric character is the adjoint one, the antisymmetric one is constant.
        return {
            "spin 1": pairs["pair symmetric"] - inverse,
            "pair trivial": pairs["pair trivial"] + pairs["pair antisymmetric"],
            "pair adjoint": pairs["pair adjoint"] + 2 * pairs["pair symmetric"],
        }
    antisymmetric = "fundamental" if n == 3 else "antisymmetric"
    own = {"adjoint": -inverse, "symmetric": inverse - 1 / 4, antisymmetric: inverse + 1 / 4}
    return own | pairs
