"""How much is done, and the configuration of one training."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

COUPLINGS: Mapping[int, float] = MappingProxyType(
    {6: 0.537, 8: 0.576, 10: 0.601, 12: 0.616, 16: 0.634, 20: 0.645}
)
"""beta by L at lambda = 0.5, where the correlation length is L/4.

That of L = 10 has been found by simulation (second-moment correlation length).
"""

LEVEL = 0.7
"""The acceptance whose cost is asked for."""

CHAIN = "flow"
"""Name of the chain of the runs that have one."""

_BATCH = 256
_CHAINS = 64


class Training(NamedTuple):
    """How flows are trained on one lattice.

    Attributes:
        steps: of the optimiser, about twice as many as 70 % are thought to take.
        seeds: how many times.
    """

    steps: int
    seeds: int


class Plan(NamedTuple):
    """How much is done.

    Attributes:
        trainings: by L, from small to large.
        samples: of each of the chains of the first seed on each lattice.
        evaluation: fresh configurations for ESS and log Z of each flow.
    """

    trainings: Mapping[int, Training]
    samples: int
    evaluation: int


QUICK = Plan(
    MappingProxyType({6: Training(500, 3), 8: Training(1200, 3), 10: Training(2500, 2)}),
    500,
    8192,
)
FULL = Plan(
    MappingProxyType(
        {
            6: Training(500, 5),
            8: Training(1200, 5),
            10: Training(2500, 3),
            12: Training(5000, 3),
            16: Training(12000, 2),
            20: Training(20000, 1),
        }
    ),
    2000,
    65536,
)


def training_run(plan: Plan, extent: int, number: int, seed: int) -> dict[str, Any]:
    """Configuration of one training, as plain values.

    Fully connected networks with one hidden layer; a constant rate, so that what has been learnt
    after some steps does not depend on how many are to come.

    Args:
        plan: how much is done.
        extent: L.
        number: of the training on this lattice, from 0; the first one has a chain.
        seed: of the recipe.
    """
    steps = plan.trainings[extent].steps
    net = {"kind": "dense", "hidden": [extent**2], "activation": "tanh"}
    chain = {
        "name": CHAIN,
        "kernel": "independence",
        "n_chains": _CHAINS,
        "n_samples": plan.samples,
        "warm_up": 100,
    }
    return {
        "seed": seed + number,
        "theory": {
            "kind": "phi4",
            "convention": "hopping",
            "shape": [extent, extent],
            "beta": COUPLINGS[extent],
            "lam": 0.5,
        },
        "model": {
            "prior": {"kind": "normal"},
            "flow": [
                {"kind": "affine-coupling", "layers": 4, "net": net},
                {"kind": "spline-coupling", "layers": 2, "net": net},
                {"kind": "rescale"},
            ],
        },
        "training": {
            "steps": steps,
            "batch": _BATCH,
            "micro_batch": _BATCH,
            "learning_rate": 0.005,
            "schedule": "constant",
            "evaluation_samples": plan.evaluation,
            # The time of a step is that between the last two checkpoints.
            "checkpoint_every": max(1, steps // 2),
        },
        "chains": [chain] if number == 0 else [],
    }
