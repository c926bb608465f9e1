"""How much is done, and the configuration of one round of a training."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from latflow.reproduce._albergo2019._rounds import Target
from latflow.reproduce._runs import Precision

CHAIN = "flow"
"""Name of the chain of every last round."""

LEVEL = 0.5
"""Acceptance that all flows of the plane are trained to; the slides give no number."""

_CHAINS = 64
_BATCH = 256


class System(NamedTuple):
    """A theory in the form of Albergo et al., and how a flow for it is trained.

    Attributes:
        shape: extents of the lattice.
        m2: mass term.
        lam: coupling lambda.
        model: the ``[model]`` block of the configuration.
        target: the acceptance, and how many steps it may take.
        learning_rate: constant, so that what has been learnt does not depend on what is to come.
        batch: configurations of a step.
        micro_batch: configurations at once.
    """

    shape: tuple[int, ...]
    m2: float
    lam: float
    model: Mapping[str, Any]
    target: Target
    learning_rate: float
    batch: int = _BATCH
    micro_batch: int = _BATCH


def dense_model(hidden: int, layers: int) -> dict[str, Any]:
    """Real NVP with fully connected networks, from independent normal numbers.

    Args:
        hidden: nodes of the one hidden layer of every network.
        layers: couplings.
    """
    net = {"kind": "dense", "hidden": [hidden], "activation": "tanh"}
    coupling = {"kind": "affine-coupling", "layers": layers, "net": net}
    return {"prior": {"kind": "normal"}, "flow": [coupling, {"kind": "rescale"}]}


def _plane(
    extent: int, lam: float, model: dict[str, Any], first: int, most: int, learning_rate: float
) -> System:
    target = Target(LEVEL, first, most)
    return System((extent, extent), -4.0, lam, model, target, learning_rate)


ENSEMBLES: Mapping[str, System] = MappingProxyType(
    {
        "E1": _plane(6, 6.975, dense_model(100, 8), 500, 4000, 0.01),
        "E2": _plane(8, 6.008, dense_model(128, 12), 1500, 12000, 0.005),
        "E3": _plane(10, 5.550, dense_model(200, 12), 3000, 24000, 0.004),
        "E4": _plane(12, 5.276, dense_model(288, 12), 6000, 48000, 0.003),
        "E5": _plane(14, 5.113, dense_model(392, 12), 10000, 96000, 0.002),
    }
)
"""In two dimensions, by name, from small to large."""

SPACE_LEVEL = 0.3
"""Acceptance in three dimensions, that of the slides."""

_SPACE: dict[str, Any] = {"shape": (8, 8, 8), "m2": -6.0, "lam": 14.590}
# The free field whose chi_2 and pole mass are those of the target.
_FREE = {"kind": "free-field", "m2": 0.51, "zeta": 2.04}
_CONTINUOUS = {
    "kind": "continuous",
    "reach": 2.0,
    "steps": 6,
    "precise_steps": 6,
    "velocity_precision": "single",
}

THREE_DIMENSIONS: Mapping[str, System] = MappingProxyType(
    {
        "real NVP": System(
            **_SPACE,
            model=dense_model(256, 8),
            target=Target(SPACE_LEVEL, 2000, 40000),
            learning_rate=0.005,
            batch=128,
            micro_batch=128,
        ),
        "continuous flow": System(
            **_SPACE,
            model={"prior": _FREE, "flow": [_CONTINUOUS]},
            target=Target(SPACE_LEVEL, 50, 400),
            learning_rate=0.02,
            batch=64,
            micro_batch=32,
        ),
    }
)
"""The theory on 8^3, by what kind of flow."""


class Plan(NamedTuple):
    """How much is done.

    Attributes:
        ensembles: names, from small to large.
        three_dimensions: names of the flows on 8^3.
        evaluation: fresh configurations for the acceptance, ESS and log Z after every round.
        samples: of each chain at first.
        precision: of the largest autocorrelation time of every chain of a flow.
    """

    ensembles: tuple[str, ...]
    three_dimensions: tuple[str, ...]
    evaluation: int
    samples: int
    precision: Precision

    @property
    def for_three_dimensions(self) -> "Plan":
        """The same for 8^3, where a configuration costs more: nothing is fitted there."""
        return self._replace(evaluation=16384, samples=300, precision=Precision(0.1, 2000))


QUICK = Plan(("E1", "E2"), (), 16384, 1000, Precision(0.04, 4000))
FULL = Plan(tuple(ENSEMBLES), tuple(THREE_DIMENSIONS), 65536, 4000, Precision(0.02, 32000))


def round_run(
    plan: Plan, system: System, number: int, steps: int, initial: Path | None, seed: int
) -> dict[str, Any]:
    """Configuration of one round of a training, as plain values.

    Args:
        plan: how much is done.
        system: what is trained.
        number: of the round, from 0; each has random numbers of its own.
        steps: of the round.
        initial: the run of the round before.
        seed: of the recipe.
    """
    model = dict(system.model)
    if initial is not None:
        model["initial"] = str(initial)
    return {
        "seed": seed + number,
        "theory": {
            "kind": "phi4",
            "convention": "aks",
            "shape": list(system.shape),
            "m2": system.m2,
            "lam": system.lam,
        },
        "model": model,
        "training": {
            "steps": steps,
            "batch": system.batch,
            "micro_batch": system.micro_batch,
            "learning_rate": system.learning_rate,
            "schedule": "constant",
            "evaluation_samples": plan.evaluation,
        },
        "chains": [
            {
                "name": CHAIN,
                "kernel": "independence",
                "n_chains": _CHAINS,
                "n_samples": plan.samples,
                "warm_up": 100,
            }
        ],
    }
