"""How large, how long: everything that the full and the quick recipe differ in."""

from dataclasses import dataclass

PAPER = "Albandea et al., Lattice 2023"
TABLE_EXTENT = 16
"""L of table 1 and figure 3."""


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        extents: L of figures 1 and 5.
        kernel_sizes: widths of the flows' convolutions.
        kernel_size: of table 1 and figures 3 and 5, for which the paper does not give it.
        training_steps: of the flows, for which the paper says "a few hundreds".
        other_training_steps: of table 1's flows besides, to see whether their number matters.
        batch: configurations in a training step.
        chains: number of Markov chains of flow HMC.
        table_error: relative error of the largest autocorrelation time in table 1.
        scaling_error: the same in the figures.
    """

    extents: tuple[int, ...]
    kernel_sizes: tuple[int, ...]
    kernel_size: int
    training_steps: int
    other_training_steps: tuple[int, ...]
    batch: int
    chains: int
    table_error: float
    scaling_error: float


def full_plan() -> Plan:
    """All points of the paper, with errors of 4 % in the table: hours on two cores."""
    return Plan(
        extents=(6, 8, 12, 16, 20),
        kernel_sizes=(3, 5, 7),
        kernel_size=3,
        training_steps=300,
        other_training_steps=(100, 1000),
        batch=512,
        chains=128,
        table_error=0.038,
        scaling_error=0.06,
    )


def quick_plan() -> Plan:
    """Three lattices, one kernel size and errors of 10 %: minutes on two cores."""
    return Plan(
        extents=(8, 12, 16),
        kernel_sizes=(3,),
        kernel_size=3,
        training_steps=300,
        other_training_steps=(),
        batch=512,
        chains=128,
        table_error=0.10,
        scaling_error=0.10,
    )
