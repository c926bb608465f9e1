"""The levels of the cascade: theories, flows, and chains."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from latflow.reproduce._albandea2023._flows import theory_at
from latflow.runs import RunConfig, config_from

Way = Literal["hmc", "direct", "cascade"]

# tau_int(M) of HMC in trajectories where it is known, and four times that of half the extent.
_SLOW = {4: 6, 8: 18, 16: 77, 32: 310, 64: 1240}
_WARM_UP_TAUS = 10
_SAMPLES_PER_TAU = 12


@dataclass(frozen=True)
class Level:
    """A lattice of the cascade.

    Attributes:
        extent: L.
        chains: number of Markov chains.
        target_error: relative error of the largest autocorrelation time.
        batch: configurations in a training step.
        pool: configurations from the level below at a time.
        reuse: how often each of them is used on average.
        leapfrog_steps: in a trajectory of length 1.
    """

    extent: int
    chains: int
    target_error: float
    batch: int
    pool: int
    reuse: float
    leapfrog_steps: int = 10

    def config(self, way: Way, training_steps: int, coarser: Path | None, seed: int) -> RunConfig:
        """Configuration of a run on this level.

        Args:
            way: HMC alone, a flow from normal numbers, or one from the level below.
            training_steps: optimiser steps of the flow.
            coarser: the run of the level below; none at the bottom of the cascade, whose flow
                starts from normal numbers.
            seed: of the recipe.
        """
        raw: dict[str, Any] = {
            "seed": seed,
            "theory": theory_at(self.extent) | {"shape": [self.extent, self.extent]},
            "chains": [self._chain(name) for name in chain_names(way, coarser)],
        }
        if way != "hmc":
            raw["model"] = {
                "prior": {"kind": "normal"} if coarser is None else self._prior(coarser),
                "flow": [
                    {
                        "kind": "affine-coupling",
                        "layers": 2,
                        "net": {"kind": "single-convolution", "kernel": 3},
                    },
                    {"kind": "rescale"},
                ],
            }
            raw["training"] = {
                "steps": training_steps,
                "batch": self.batch,
                "micro_batch": min(self.batch, 64),
                "learning_rate": 0.01,
                "evaluation_samples": self.pool,
            }
        return config_from(raw)

    def _chain(self, name: str) -> dict[str, Any]:
        slow = _SLOW[self.extent]
        block: dict[str, Any] = {
            "name": name,
            "kernel": "hmc" if name == "hmc" else "flow-hmc",
            "trajectory": 1.0,
            "steps": self.leapfrog_steps,
            "n_chains": self.chains,
            "n_samples": 200,
            "warm_up": max(200, _WARM_UP_TAUS * slow),
            "thin": max(1, slow // _SAMPLES_PER_TAU),
            "segment": 100,
            "configurations_every": 0,
            # Of the trajectories alone: less than half the time, and energies are in double.
            "precision": "single",
        }
        if name == "hmc":
            # From an ordered start molecular dynamics is stable at any reasonable step size.
            block["start"] = "cold"
        if name == "coarsest":
            block["variables"] = "coarsest"
        return block

    def _prior(self, coarser: Path) -> dict[str, Any]:
        return {
            "kind": "interleaved",
            "theory": theory_at(self.extent // 2),
            "kernel": "flow-hmc",
            "run": str(coarser),
            "chains": 64,
            "warm_up": max(1000, 2 * _WARM_UP_TAUS * _SLOW[self.extent // 2]),
            "pool": self.pool,
            "reuse": self.reuse,
        }


def chain_names(way: Way, coarser: Path | None) -> tuple[str, ...]:
    """The chains of a run: with a level below, the variables of its flow or the coarsest move."""
    if way == "hmc":
        return ("hmc",)
    return ("prior",) if coarser is None else ("prior", "coarsest")


def full_levels() -> tuple[Level, ...]:
    """From 4 x 4 to 64 x 64: hours on two cores."""
    return (
        Level(4, 128, 0.03, 512, 4096, 1.0),
        Level(8, 128, 0.03, 512, 4096, 2.0),
        Level(16, 128, 0.04, 512, 2048, 12.0),
        Level(32, 64, 0.06, 256, 1024, 25.0, 20),
        Level(64, 32, 0.15, 128, 512, 75.0, 20),
    )


def quick_levels() -> tuple[Level, ...]:
    """Up to 16 x 16: minutes on two cores."""
    return (
        Level(4, 128, 0.08, 512, 4096, 1.0),
        Level(8, 128, 0.08, 512, 4096, 4.0),
        Level(16, 128, 0.10, 512, 2048, 25.0),
    )
