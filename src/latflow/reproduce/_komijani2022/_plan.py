"""How large, how long: everything that the full and the quick recipe differ in."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

LIKE_THE_PAPER = "Komijani, Marinkovic, arXiv:2301.01504"


@dataclass(frozen=True)
class Rung:
    """A lattice of the ladder, and how its model is trained (optimiser settings)."""

    extent: int
    steps: int
    batch: int
    micro_batch: int
    learning_rate: float


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        ladder: lattices in the order of training, each starting from the model of the last.
        careful_kappa: coupling that is trained for all the steps of the ladder, since numbers
            are read off the paper's figure there.
        effort: fraction of those steps at the other couplings.
        kappas: couplings of figure 3.
        evaluation_samples: independent draws of a model that give acceptance and Var(log w).
        mixed_kappas: couplings, at and beyond the transition, where local updates stand between the
            proposals of the chains: what a model leaves out, proposals alone hardly find.
        chain_samples: samples per chain of independence Metropolis, by extent.
        chains: number of those chains.
        layers_extent: lattice of figure 4.
        block_kappas: couplings of figure 6.
        block_extent: lattice of figure 6.
        block_samples: sweeps per chain, by number of blocks.
        block_chains: number of those chains.
        block_warm_up: sweeps before the first sample, by number of blocks.
        spectrum_samples: samples per chain of the simulations behind figure 2.
        toy_updates: proposals per replica of the toy model.
        toy_replicas: independent replicas of the toy model.
        note: what has to be known about numbers that were read off a figure.
    """

    ladder: tuple[Rung, ...]
    careful_kappa: float
    effort: float
    kappas: tuple[float, ...]
    mixed_kappas: tuple[float, ...]
    evaluation_samples: int
    chain_samples: Mapping[int, int]
    chains: int
    layers_extent: int
    block_kappas: tuple[float, ...]
    block_extent: int
    block_samples: Mapping[int, int]
    block_chains: int
    block_warm_up: Mapping[int, int]
    spectrum_samples: int
    toy_updates: int
    toy_replicas: int
    note: str = ""

    @property
    def extents(self) -> tuple[int, ...]:
        """L of every rung, growing."""
        return tuple(rung.extent for rung in self.ladder)

    def chain_at(self, kappa: float) -> str:
        """Name and kind of the chains of a coupling: "flow", or "flow-local"."""
        mixed = any(math.isclose(kappa, other) for other in self.mixed_kappas)
        return "flow-local" if mixed else "flow"

    def rung(self, kappa: float, extent: int) -> Rung:
        """How the model of a coupling and a lattice is trained.

        Raises:
            ValueError: no rung has this extent.
        """
        for rung in self.ladder:
            if rung.extent == extent:
                careful = math.isclose(kappa, self.careful_kappa)
                share = 1.0 if careful else self.effort
                return replace(rung, steps=max(1, round(share * rung.steps)))
        raise ValueError(f"L = {extent} is no rung of the ladder {self.extents}")


def full_plan() -> Plan:
    """Figures as in the paper: hours on two cores."""
    return Plan(
        ladder=(
            Rung(8, 8000, 256, 128, 0.01),
            Rung(12, 4000, 256, 64, 0.005),
            Rung(16, 2500, 256, 32, 0.005),
            Rung(24, 2000, 128, 32, 0.005),
            Rung(32, 1500, 128, 16, 0.004),
            Rung(48, 1200, 64, 8, 0.003),
            Rung(64, 1200, 64, 8, 0.003),
        ),
        careful_kappa=0.60,
        effort=0.5,
        kappas=(0.50, 0.60, 0.65, 0.67, 0.70, 0.80),
        mixed_kappas=(0.67, 0.70, 0.80),
        evaluation_samples=16384,
        chain_samples={8: 4000, 16: 4000, 32: 2000},
        chains=64,
        layers_extent=32,
        block_kappas=(0.65, 0.67, 0.70),
        block_extent=64,
        block_samples={1: 2000, 4: 800, 16: 320, 64: 128},
        block_chains=16,
        block_warm_up={1: 200, 4: 80, 16: 40, 64: 24},
        spectrum_samples=4000,
        toy_updates=8192,
        toy_replicas=2000,
    )


def quick_plan() -> Plan:
    """The same in small: up to 16 x 16, with a tenth of the steps."""
    return Plan(
        ladder=(
            Rung(8, 800, 256, 128, 0.01),
            Rung(12, 400, 128, 64, 0.005),
            Rung(16, 300, 128, 32, 0.005),
        ),
        careful_kappa=0.60,
        effort=1.0,
        kappas=(0.60, 0.67, 0.70),
        mixed_kappas=(0.67, 0.70),
        evaluation_samples=4096,
        chain_samples={8: 1000, 16: 750},
        chains=32,
        layers_extent=16,
        block_kappas=(0.65, 0.67, 0.70),
        block_extent=16,
        block_samples={1: 1000, 4: 500, 16: 250},
        block_chains=16,
        block_warm_up={1: 100, 4: 50, 16: 25},
        spectrum_samples=500,
        toy_updates=4096,
        toy_replicas=1000,
        note="the quick models are trained for a tenth of the steps",
    )
