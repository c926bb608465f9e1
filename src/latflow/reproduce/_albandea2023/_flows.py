"""The flows of the paper: what they start from, how wide they are, how long they are trained."""

from dataclasses import dataclass
from typing import Any, Literal

from latflow.reproduce._albandea2023._plan import Plan
from latflow.scans import ScanSettings, scan_from

Start = Literal["gaussian", "bigger-volume", "interpolation"]
STARTS: dict[Start, str] = {
    "gaussian": "normal numbers",
    "bigger-volume": "bigger volume",
    "interpolation": "4 interleaved configurations",
}
"""What the flows are trained from, in words."""

BETA = {
    3: 0.389, 4: 0.46, 6: 0.537, 8: 0.576, 10: 0.601, 12: 0.616, 16: 0.634, 20: 0.645,
    32: 0.661397, 64: 0.674354,
}  # fmt: skip
"""beta of L at lambda = 1/2 and L/xi = 4. L = 8 and 16 are the paper's, L = 6, 12 and 20 those
of the line ``hopping``; L = 3, 4 and 10 come from cluster simulations of our own, such that the
second-moment correlation length is L/4; L = 32 and 64 are sqrt(2 / lambda) of the line
``aks-large``, which is the same family of theories in other units."""

# tau_int(M) of HMC in trajectories, which that of flow HMC does not exceed by much.
_SLOW = {6: 11, 8: 18, 12: 40, 16: 77, 20: 123}
_WARM_UP_TAUS = 20
_SAMPLES_PER_TAU = 12


@dataclass(frozen=True)
class Flow:
    """A flow of the paper: one pair of couplings with one convolution each for s and t.

    Attributes:
        start: what it is trained from.
        kernel_size: width of its convolutions.
        training_steps: optimiser steps.
    """

    start: Start
    kernel_size: int
    training_steps: int

    @property
    def name(self) -> str:
        """Name of its kernel and folder."""
        return f"{self.start}-kernel-{self.kernel_size}-steps-{self.training_steps}"

    def scan(
        self, plan: Plan, extents: tuple[int, ...], target_error: float, seed: int
    ) -> ScanSettings:
        """Flow HMC with trajectory length 1 and ten leapfrog steps, at every extent."""
        kernel = {
            "name": self.name,
            "kernel": "flow-hmc",
            "trajectory": 1.0,
            "steps": 10,
            "n_chains": plan.chains,
            # Of the trajectories alone: less than half the time, and energies are in double.
            "precision": "single",
        }
        ensembles = [self._ensemble(plan, extent) for extent in extents]
        return scan_from(
            {
                "seed": seed,
                "target_error": target_error,
                "ensembles": ensembles,
                "kernels": [kernel],
            }
        )

    def _ensemble(self, plan: Plan, extent: int) -> dict[str, Any]:
        return {
            "name": f"L{extent}",
            "theory": theory_at(extent) | {"shape": [extent, extent]},
            "defaults": {
                "flow-hmc": {
                    "model": self._model(extent),
                    "training": {
                        "steps": self.training_steps,
                        "batch": plan.batch,
                        "learning_rate": 0.01,
                    },
                    "warm_up": _WARM_UP_TAUS * _SLOW[extent],
                    "thin": max(1, _SLOW[extent] // _SAMPLES_PER_TAU),
                }
            },
        }

    def _model(self, extent: int) -> dict[str, Any]:
        net = {"kind": "single-convolution", "kernel": self.kernel_size}
        return {
            "prior": self._prior(extent),
            # The factor is not in the paper: see docs/flow-hmc.md.
            "flow": [{"kind": "affine-coupling", "layers": 2, "net": net}, {"kind": "rescale"}],
        }

    def _prior(self, extent: int) -> dict[str, Any]:
        if self.start == "gaussian":
            return {"kind": "normal"}
        coarse = extent // 2
        kind = "interleaved" if self.start == "interpolation" else "ensemble"
        lives_on = coarse if kind == "interleaved" else extent
        # Local updates and their checkerboard need even extents.
        kernel = "cluster" if lives_on % 2 == 0 else "hmc"
        return {"kind": kind, "theory": theory_at(coarse), "kernel": kernel}


def theory_at(extent: int) -> dict[str, Any]:
    """Couplings of the line at an extent; the lattice is somebody else's to choose."""
    return {"kind": "phi4", "convention": "hopping", "beta": BETA[extent], "lam": 0.5}
