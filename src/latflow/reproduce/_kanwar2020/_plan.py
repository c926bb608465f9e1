"""How much is done, and the configuration of the run at one coupling."""

from typing import Any, NamedTuple

CHAINS = ("hmc", "heat-bath", "instanton", "exact", "flow", "prior")
"""Names of the chains of all runs of a coupling, in the order of the figure."""


class Plan(NamedTuple):
    """How much is done.

    Attributes:
        couplings: values of beta.
        chains: of each kernel.
        samples: of each chain.
        warm_up: steps of each chain before the first sample.
        training: optimiser steps of the flow at beta = 1; more at larger ones.
        evaluation: fresh samples for the ESS.
    """

    couplings: tuple[float, ...]
    chains: int
    samples: int
    warm_up: int
    training: int
    evaluation: int


QUICK = Plan((1.0, 4.0, 7.0), 32, 200, 50, 200, 16384)
FULL = Plan((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), 64, 2000, 200, 300, 131072)

_SHAPE = [16, 16]


def _of_model(prior: dict[str, Any], flow: list[dict[str, Any]], steps: int, plan: Plan):
    return {
        "model": {"prior": prior, "flow": flow},
        "training": {
            "steps": steps,
            "batch": 128,
            "learning_rate": 0.02,
            "evaluation_samples": plan.evaluation,
        },
    }


def flow_run(plan: Plan, beta: float, seed: int) -> dict[str, Any]:
    """The flow from uniform links, and every sampler that needs no model."""
    steps = int(plan.training * (1 + (beta - 1) / 2))
    blocks = [
        {"name": "hmc", "kernel": "hmc", "trajectory": 1.0, "steps": 10},
        {"name": "heat-bath", "kernel": "heat-bath", "over_relaxation": 2},
        {"name": "instanton", "kernel": "instanton"},
        {"name": "exact", "kernel": "exact-draws"},
        {"name": "flow", "kernel": "independence"},
    ]
    model = _of_model({"kind": "uniform"}, [{"kind": "plaquette-spline"}], steps, plan)
    return _run(plan, beta, seed, blocks) | model


def prior_run(plan: Plan, beta: float, seed: int) -> dict[str, Any]:
    """Spread plaquettes, which nothing is trained for."""
    model = _of_model({"kind": "spread-plaquettes", "beta": beta}, [], 0, plan)
    return _run(plan, beta, seed, [{"name": "prior", "kernel": "independence"}]) | model


def _run(plan: Plan, beta: float, seed: int, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    common = {"n_chains": plan.chains, "n_samples": plan.samples, "warm_up": plan.warm_up}
    return {
        "seed": seed,
        "theory": {"kind": "u1", "shape": _SHAPE, "beta": beta},
        "chains": [block | common for block in blocks],
    }
