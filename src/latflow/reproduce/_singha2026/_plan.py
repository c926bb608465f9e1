"""How much is done, the model from coarse to fine, and the configurations of its runs."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

BETA, LAMBDA = 0.687, 0.5
"""The critical point of the hopping form, where beta_c = 0.6869."""

FLOW, ROTATION, HMC, CLUSTER = "flow", "rotation", "hmc", "cluster"
"""Names of the chains: two that draw on the model, and two that do not."""


class Rung(NamedTuple):
    """How much is done on one lattice.

    Attributes:
        susceptibility: roughly V <M^2>, where the spectra start.
        forward: optimiser steps of the forward divergence.
        reverse: of the reverse one, with half of the forward one, afterwards.
        micro_batch: configurations at once.
        draws: fresh configurations for ESS and log Z.
        flow_samples: of each of the chains that draw on the model.
        samples: of each of the others.
        steps: of a trajectory of HMC of length 1, and of a quarter turn.
    """

    susceptibility: float
    forward: int
    reverse: int
    micro_batch: int
    draws: int
    flow_samples: int
    samples: int
    steps: tuple[int, int]


QUICK: Mapping[int, Rung] = MappingProxyType(
    {
        8: Rung(35.6, 600, 150, 256, 8192, 400, 4000, (10, 4)),
        16: Rung(113.0, 600, 100, 256, 4096, 300, 8000, (10, 4)),
    }
)
FULL: Mapping[int, Rung] = MappingProxyType(
    {
        8: Rung(35.6, 4000, 2000, 256, 10**5, 2000, 10000, (10, 4)),
        16: Rung(113.0, 6000, 3000, 128, 10**5, 2000, 20000, (10, 4)),
        32: Rung(397.0, 6000, 3000, 32, 10**5, 1000, 40000, (15, 6)),
    }
)
"""By L, from small to large. The paper goes on to L = 64 and 256."""

_CHAINS = 64


def flows(extent: int, susceptibility: float) -> list[dict[str, Any]]:
    """The flows of the model, coarsest level first, as blocks of a configuration.

    Args:
        extent: L, a power of two.
        susceptibility: V <M^2>.
    """
    # Two sites along each axis are left on the coarsest level.
    coarsest = 2 * (extent.bit_length() - 2)
    blocks: list[dict[str, Any]] = [
        {"kind": "psd", "level": coarsest, **_spectrum(coarsest, susceptibility)}
    ]
    for level in range(coarsest - 1, 0, -1):
        couplings = {"level": level, "active": "finer", "layers": 1}
        blocks += [
            {"kind": "finer-psd", "level": level, **_spectrum(level, susceptibility)},
            {"kind": "affine-coupling", **couplings},
        ]
    return [*blocks, {"kind": "symmetric-spline", "level": 1}, {"kind": "exact-odd-sites"}]


def _spectrum(level: int, susceptibility: float) -> dict[str, float]:
    """Where the spectrum of a level starts: roughly that of decimated fields at criticality.

    The susceptibility of sites of the spacing 2^n, in its units, is 4^n times smaller; what
    decimation leaves of short waves is white noise, beside which a slope counts less.
    """
    doublings = level // 2
    return {"m2": 4**doublings / susceptibility, "zeta": 0.9 * 0.73**doublings}


def forward_run(extent: int, rung: Rung, seed: int) -> dict[str, Any]:
    """Configuration of the first training: level by level, on configurations of cluster chains.

    Args:
        extent: L.
        rung: how much is done.
        seed: of the recipe.
    """
    return {
        **_ensemble(extent, seed),
        "model": {"prior": {"kind": "normal"}, "flow": flows(extent, rung.susceptibility)},
        "training": {
            "steps": rung.forward,
            "batch": 256,
            "micro_batch": rung.micro_batch,
            "learning_rate": 0.01,
            "evaluation_samples": rung.draws,
            "forward_kl": {"share": 1.0, "pool": 16384, "reuse": 4.0, "warm_up": 300},
        },
    }


def flow_run(extent: int, rung: Rung, initial: Path, seed: int) -> dict[str, Any]:
    """Configuration of the second training, and of all chains.

    Args:
        extent: L.
        rung: how much is done.
        initial: the run of the first training.
        seed: of the recipe.
    """
    first = forward_run(extent, rung, seed)
    training = first["training"] | {
        "steps": rung.reverse,
        "learning_rate": 0.003,
        "forward_kl": first["training"]["forward_kl"] | {"share": 0.5},
    }
    hmc_steps, turns = rung.steps
    drawn = {"n_chains": _CHAINS, "n_samples": rung.flow_samples, "warm_up": 50}
    others = {"n_chains": _CHAINS, "n_samples": rung.samples, "warm_up": 1000}
    return first | {
        "model": first["model"] | {"initial": str(initial)},
        "training": training,
        "chains": [
            {"name": CLUSTER, "kernel": "cluster", **others, "n_samples": rung.samples // 4},
            {"name": HMC, "kernel": "hmc", "trajectory": 1.0, "steps": hmc_steps, **others},
            {"name": FLOW, "kernel": "independence", **drawn},
            {"name": ROTATION, "kernel": "rotation-hmc", "steps": turns, **drawn},
        ],
    }


def _ensemble(extent: int, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "theory": {
            "kind": "phi4",
            "convention": "hopping",
            "shape": [extent, extent],
            "beta": BETA,
            "lam": LAMBDA,
        },
    }
