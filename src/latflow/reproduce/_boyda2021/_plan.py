"""How much is done, and the configuration of the run at one coupling."""

from typing import Any, NamedTuple

CHAINS = ("flow", "heat-bath", "hmc", "exact")
"""Names of the chains of every run, in the order of the figure."""


class Plan(NamedTuple):
    """How much is done.

    Attributes:
        couplings: values of beta, by the kind of theory.
        shape: of the lattice.
        small: of the lattice that flows are trained on first.
        first_steps: of training there.
        steps: of training on the lattice itself.
        chains: of each kernel.
        samples: of each chain.
        warm_up: steps of each chain before the first sample.
        evaluation: fresh samples for the ESS.
    """

    couplings: dict[str, tuple[float, ...]]
    shape: tuple[int, int]
    small: tuple[int, int]
    first_steps: int
    steps: int
    chains: int
    samples: int
    warm_up: int
    evaluation: int


QUICK = Plan({"su2": (2.2,), "su3": (5.0,)}, (8, 8), (4, 4), 200, 50, 16, 100, 20, 2048)
FULL = Plan(
    {"su2": (1.8, 2.2, 2.7), "su3": (4.0, 5.0, 6.0)}, (16, 16), (4, 4), 400, 300, 32, 1000, 100,
    16384,
)  # fmt: skip


def run_of(plan: Plan, group: str, beta: float, seed: int) -> dict[str, Any]:
    """A spectral flow from uniform links, and the samplers beside it."""
    blocks: list[dict[str, Any]] = [
        {"name": "flow", "kernel": "independence"},
        {"name": "heat-bath", "kernel": "heat-bath", "over_relaxation": 2},
        {"name": "hmc", "kernel": "hmc", "trajectory": 1.0, "steps": 10},
        {"name": "exact", "kernel": "exact-draws"},
    ]
    common = {"n_chains": plan.chains, "n_samples": plan.samples, "warm_up": plan.warm_up}
    if group == "su3":
        # Independent, so that a few are enough; and each of them takes a hundred times as long as
        # one of SU(2).
        blocks[-1] |= {"n_samples": max(50, plan.samples // 20), "warm_up": 1}
    first = {
        "shape": list(plan.small),
        "steps": plan.first_steps,
        "learning_rate": 0.05,
        "batch": 128,
        "micro_batch": 128,
    }
    return {
        "seed": seed,
        "theory": {"kind": group, "shape": list(plan.shape), "beta": beta},
        "model": {
            "prior": {"kind": "uniform"},
            "flow": [{"kind": "plaquette-spectral", "bins": 12}],
        },
        "training": {
            "steps": plan.steps,
            "batch": 32,
            "micro_batch": 32,
            "learning_rate": 0.005,
            "evaluation_samples": plan.evaluation,
            "stages": [first],
        },
        "chains": [common | block for block in blocks],
    }
