"""How much is done, and the configurations of the runs at one coupling."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

HEAT_BATH = "heat-bath"
CHAINS = ("flow", HEAT_BATH)
"""Names of the chains beside a trained flow."""


class Ladder(NamedTuple):
    """One lattice, and the couplings at which a flow is trained there.

    Attributes:
        shape: of the lattice.
        small: of the lattice where every flow is trained first.
        couplings: values of beta, in ascending order.
        first_steps: of training on the small lattice.
        steps: of training at each coupling, each a solution by least squares.
        batch: configurations of a step.
        micro_batch: configurations at once.
        accuracy: steps of the equation, in training and for densities.
        draws: fresh samples for the ESS.
        n_chains: chains of each kernel.
        n_samples: of each chain.
        warm_up: steps before the first sample.
    """

    shape: tuple[int, ...]
    small: tuple[int, ...]
    couplings: tuple[float, ...]
    first_steps: int
    steps: int
    batch: int
    micro_batch: int
    accuracy: tuple[int, int]
    draws: int
    n_chains: int
    n_samples: int
    warm_up: int


Plan = Mapping[str, Ladder]

_SMALL = {2: (4, 4), 4: (3, 3, 3, 3)}
QUICK: Plan = MappingProxyType(
    {
        "2d": Ladder((8, 8), _SMALL[2], (3.0,), 3, 2, 128, 64, (4, 3), 1024, 16, 64, 20),
        "4d": Ladder((4, 3, 3, 3), _SMALL[4], (2.0,), 1, 2, 64, 16, (4, 2), 256, 16, 16, 20),
    }
)
FULL: Plan = MappingProxyType(
    {
        "2d": Ladder(
            (16, 16), _SMALL[2], (3.0, 4.0, 5.0, 6.0), 4, 3, 256, 64, (6, 6), 8192, 32, 256, 50
        ),
        "4d": Ladder(
            (4, 4, 4, 4), _SMALL[4], (1.0, 1.5, 2.0, 2.5), 3, 3, 128, 16, (4, 2), 2048, 16, 128, 50
        ),
    }
)  # fmt: skip


def untrained_run(ladder: Ladder, beta: float, seed: int) -> dict[str, Any]:
    """Luescher's map to next order as it is: its effective sample size."""
    config = _run(ladder, beta, seed)
    config["training"]["steps"] = 0
    return config


def trained_run(ladder: Ladder, beta: float, seed: int) -> dict[str, Any]:
    """The flow that begins as this map, is trained on a small lattice, then on this one; and a
    heat bath beside it.

    It does not begin as the flow at the coupling before: what is trained at one coupling is worse
    than the map at others (``docs/measuring-log.md``).
    """
    config = _run(ladder, beta, seed)
    config["training"] |= {
        "steps": ladder.steps,
        "objective": "log-weight-variance",
        "batch": ladder.batch,
        "stages": [{"shape": list(ladder.small), "steps": ladder.first_steps}],
    }
    common = {
        "n_chains": ladder.n_chains,
        "n_samples": ladder.n_samples,
        "warm_up": ladder.warm_up,
    }
    kernels = ("independence", "heat-bath")
    config["chains"] = [
        {"name": name, "kernel": kernel, **common}
        for name, kernel in zip(CHAINS, kernels, strict=True)
    ]
    return config


def _run(ladder: Ladder, beta: float, seed: int) -> dict[str, Any]:
    steps, precise_steps = ladder.accuracy
    flow = {
        "kind": "gradient",
        "start": "next",
        "steps": steps,
        "precise_steps": precise_steps,
    }
    return {
        "seed": seed,
        "theory": {"kind": "su3", "shape": list(ladder.shape), "beta": beta},
        "model": {"prior": {"kind": "uniform"}, "flow": [flow]},
        "training": {
            "micro_batch": ladder.micro_batch,
            "evaluation_samples": ladder.draws,
        },
    }
