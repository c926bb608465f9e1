"""What a trained model is worth at one coupling, on one lattice."""

from dataclasses import dataclass

from latflow.analysis import Estimate


@dataclass(frozen=True)
class ModelPoint:
    """One trained model, from independent draws.

    Attributes:
        kappa: coupling.
        extent: L.
        acceptance: of independence Metropolis in equilibrium.
        variance: of log w.
        ess: effective sample size.
        steps: optimiser steps on this lattice.
        seconds: of training, those on smaller lattices included.
        parameters: trainable numbers.
    """

    kappa: float
    extent: int
    acceptance: Estimate
    variance: Estimate
    ess: Estimate
    steps: int
    seconds: float
    parameters: int

    @property
    def volume(self) -> int:
        """Number of sites."""
        return self.extent**2
