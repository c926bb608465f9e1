"""The configurations of all runs: the paper's theories, its architecture, and the chains."""

import zlib
from pathlib import Path
from typing import Any

from latflow.reproduce._komijani2022._plan import Plan
from latflow.runs import RunConfig, config_from

SPACING = 0.125
"""Lattice spacing of the one-dimensional theory of figure 2."""

# One PSD layer, then two blocks of two couplings, with activations symmetric spline, tanh (inside
# the couplings' networks), symmetric spline: 3361 parameters, the paper's "about 3.4 K".
_FLOW: list[dict[str, Any]] = [
    {"kind": "psd", "m2": 0.11, "zeta": 0.5},
    {"kind": "symmetric-spline"},
    {"kind": "affine-coupling", "layers": 2, "net": {"hidden": [11], "kernel": 7}},
    {"kind": "affine-coupling", "layers": 2, "net": {"hidden": [11], "kernel": 7}},
    {"kind": "symmetric-spline"},
]
_STORED_EVERY = 25
_SEGMENT = 250


def theory(extent: int, kappa: float) -> dict[str, Any]:
    """The line of figure 3: zeta = kappa, m^2 = -4 kappa, g4 = 1/2 on extent^2 sites."""
    return {
        "kind": "phi4",
        "convention": "field-strength",
        "shape": [extent, extent],
        "zeta": kappa,
        # Rounded, so that 4 kappa is the number that people write.
        "m2": round(-4 * kappa, 12),
        "g4": 0.5,
    }


def double_well() -> dict[str, Any]:
    """The one-dimensional theory of figure 2, in lattice units.

    The paper gives zeta = 1, m^2 = -1.6, g4 = 0.1 "with lattice spacing set to 0.125". Read as
    couplings of the continuum action, sum over sites of a [zeta/2 (dphi/a)^2 + m^2/2 phi^2 +
    g4 phi^4], the lattice has zeta/a = 8, a m^2 = -0.2 and a g4 = 0.0125: a chain of 128 units of
    length with a correlation length of 14.8 units or 118 sites. Taken as lattice couplings, the
    spacing would mean nothing.
    """
    return {
        "kind": "phi4",
        "convention": "field-strength",
        "shape": [1024],
        "zeta": 1.0 / SPACING,
        "m2": -1.6 * SPACING,
        "g4": 0.1 * SPACING,
    }


def model_run(
    plan: Plan, kappa: float, extent: int, initial: Path | None, seed: int
) -> dict[str, Any]:
    """Configuration of one rung of the ladder, as plain values.

    Args:
        plan: lengths.
        kappa: coupling.
        extent: L.
        initial: run to start from; none for the first rung.
        seed: of the recipe.
    """
    rung = plan.rung(kappa, extent)
    model: dict[str, Any] = {"flow": _FLOW}
    if initial is not None:
        model["initial"] = str(initial)
    chains = [flow_chain(plan, kappa, extent)] if extent in plan.chain_samples else []
    if extent == plan.block_extent and kappa in plan.block_kappas:
        chains += [block_chain(plan, blocks) for blocks in plan.block_samples]
    return {
        "seed": own_seed(seed, f"kappa-{kappa:.2f}/L{extent}"),
        "theory": theory(extent, kappa),
        "model": model,
        "training": {
            "objective": "path-gradient",
            "steps": rung.steps,
            "batch": rung.batch,
            "micro_batch": rung.micro_batch,
            "learning_rate": rung.learning_rate,
            "evaluation_samples": plan.evaluation_samples,
        },
        "chains": chains,
    }


def flow_chain(plan: Plan, kappa: float, extent: int) -> dict[str, Any]:
    """Proposals of the trained model; with local updates between them where the plan says so."""
    name = plan.chain_at(kappa)
    return {
        "name": name,
        "kernel": "independence" if name == "flow" else name,
        "n_chains": plan.chains,
        "n_samples": plan.chain_samples[extent],
        "warm_up": 200,
        "segment": _SEGMENT,
        "configurations_every": _SEGMENT,
    }


def block_chain(plan: Plan, blocks: int) -> dict[str, Any]:
    """Block updating; a sample is a sweep over all blocks."""
    n_samples = plan.block_samples[blocks]
    return {
        "name": block_name(blocks),
        "kernel": "block-updating",
        "blocks": blocks,
        "n_chains": plan.block_chains,
        "n_samples": n_samples,
        "warm_up": plan.block_warm_up[blocks],
        # Sweeps over many blocks take long, and a stop waits for the end of a segment.
        "segment": max(10, min(_SEGMENT, n_samples // 10)),
        "configurations_every": 0,
    }


def block_name(blocks: int) -> str:
    """Name of the chain with so many blocks."""
    return f"blocks-{blocks}"


def spectrum_run(plan: Plan, name: str, content: dict[str, Any], seed: int) -> RunConfig:
    """The simulation behind a panel of figure 2: cluster flips, and HMC or local updates.

    Args:
        plan: lengths.
        name: of the panel; its random numbers depend on it.
        content: the theory.
        seed: of the recipe.
    """
    # Local updates reach the long waves of the stiff chain too slowly; from an ordered start its
    # trajectories are rejected for ever.
    stiff = {
        "update": {"kernel": "hmc", "trajectory": 1.0, "steps": 15},
        "start": "hot",
        "thin": 2,
    }
    chain = {
        "name": "cluster",
        "kernel": "cluster",
        "n_chains": 32,
        "n_samples": plan.spectrum_samples,
        "warm_up": 500,
        "segment": _SEGMENT,
        "configurations_every": _STORED_EVERY,
        **(stiff if len(content["shape"]) == 1 else {"update": "metropolis", "start": "cold"}),
    }
    return config_from({"seed": own_seed(seed, name), "theory": content, "chains": [chain]})


def own_seed(seed: int, name: str) -> int:
    """A seed for one run of the recipe: no two runs share their random numbers."""
    return zlib.crc32(f"{seed}/{name}".encode())
