"""How much is done, and the configuration of the run on one lattice."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple


class Rung(NamedTuple):
    """The theory on one lattice, at m_p L near 4, and how its flow is trained.

    Attributes:
        lam: coupling lambda in the form of Albergo et al., m^2 = -4.
        prior_m2: of the free field whose chi_2 and pole mass are those of the target.
        prior_zeta: likewise.
        steps: optimiser steps, after those on all smaller lattices.
        batch: configurations of a step.
        micro_batch: configurations at once.
        accuracy: steps of the equation in training, and for densities; larger volumes need more.
        samples: of each of the chains.
    """

    lam: float
    prior_m2: float
    prior_zeta: float
    steps: int
    batch: int
    micro_batch: int
    accuracy: tuple[int, int]
    samples: int


RUNGS: Mapping[int, Rung] = MappingProxyType(
    {
        8: Rung(6.008, 0.528, 2.11, 50, 256, 64, (12, 14), 1000),
        16: Rung(4.976, 0.143, 2.27, 50, 256, 32, (16, 16), 500),
        32: Rung(4.572, 0.0393, 2.536, 50, 256, 16, (20, 20), 200),
        64: Rung(4.398, 0.01126, 2.947, 50, 128, 4, (24, 26), 100),
    }
)
"""By L, from small to large: each flow begins as that of the lattice before."""


class Plan(NamedTuple):
    """How much is done.

    Attributes:
        extents: L, from small to large.
        draws: fresh configurations for ESS and log Z, by L.
    """

    extents: tuple[int, ...]
    draws: Mapping[int, int]


QUICK = Plan((8, 16), MappingProxyType({8: 16384, 16: 16384}))
FULL = Plan((8, 16, 32, 64), MappingProxyType({8: 10**5, 16: 10**5, 32: 10**5, 64: 16384}))

_CHAINS = 64


def flow_run(plan: Plan, extent: int, initial: Path | None, seed: int) -> dict[str, Any]:
    """Configuration of the run on one lattice, as plain values.

    Args:
        plan: how much is done.
        extent: L.
        initial: the run on the lattice before; none for the first.
        seed: of the recipe.
    """
    rung = RUNGS[extent]
    prior = {"kind": "free-field", "m2": rung.prior_m2, "zeta": rung.prior_zeta}
    model: dict[str, Any] = {
        "prior": prior,
        "flow": [
            {
                "kind": "continuous",
                "nodes": 12,
                "reach": 2.0,
                "steps": rung.accuracy[0],
                "precise_steps": rung.accuracy[1],
                "velocity_precision": "single",
            }
        ],
    }
    if initial is not None:
        model["initial"] = str(initial)
    return {
        "seed": seed,
        "theory": {
            "kind": "phi4",
            "convention": "aks",
            "shape": [extent, extent],
            "m2": -4.0,
            "lam": rung.lam,
        },
        "model": model,
        "training": {
            "objective": "log-weight-variance",
            "steps": rung.steps,
            "batch": rung.batch,
            "micro_batch": rung.micro_batch,
            "evaluation_samples": plan.draws[extent],
        },
        "chains": [
            {
                "name": "flow",
                "kernel": "independence",
                "n_chains": _CHAINS,
                "n_samples": rung.samples,
                "warm_up": 20,
            }
        ],
    }
