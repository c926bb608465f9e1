"""The recipe: two trainings and four chains on every lattice, a figure, and a ledger."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from latflow.analysis import Estimate
from latflow.reproduce._ledger import LedgerEntry, PublishedValue
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished, measured
from latflow.reproduce._singha2026._drawing import LABELS, cost_figure
from latflow.reproduce._singha2026._plan import (
    CLUSTER,
    FLOW,
    FULL,
    HMC,
    QUICK,
    ROTATION,
    flow_run,
    forward_run,
)
from latflow.reproduce._singha2026._size import Size, cost_of
from latflow.runs import RunFolder, config_from, finite, write_json
from latflow.scans import save_figure

PUBLISHED: Mapping[int, float] = MappingProxyType({16: 48.0, 64: 1245.0, 256: 66.0})
"""By L: how many times faster than HMC the paper's model draws."""

_SOURCE = "Singha et al., arXiv:2604.10209"
_NOTE = (
    "not directly comparable: the paper's ratio is of its HMC and its model on its GPU, after up "
    "to 10 A100-hours of training, and has no error; ours is of processor time of a CPU for "
    "independent samples of M², without training. The text of the paper was not at hand"
)
_COMPARED = {"chi2": "χ₂", "abs_m": "⟨|M|⟩", "phi2": "⟨φ²⟩", "ising_energy": "E"}


class Singha2026(Recipe):
    """Critical phi^4 from coarse to fine: exact chains that draw on it, beside HMC and cluster."""

    name = "singha2026"
    title = "φ⁴ at the critical point, L = 8 … 32: from coarse to fine, beside HMC and cluster"
    paper = "Singha et al., arXiv:2604.10209"

    def run(self, work: Work) -> list[LedgerEntry]:
        """All lattices; ``cost.json`` and the figure, as far as one has come, after each."""
        sizes, entries = [], []
        for extent, rung in (QUICK if work.quick else FULL).items():
            # Absolute, since the same command may be given from elsewhere the next time.
            place, title = (work.folder / "runs" / f"L{extent}").resolve(), f"L = {extent}"
            first = config_from(forward_run(extent, rung, work.seed))
            forward = finished(work, place / "forward", first, [], f"{title}, forward")
            config = config_from(flow_run(extent, rung, forward.path, work.seed))
            names = [chain.name for chain in config.chains]
            folder = finished(work, place / "flow", config, names, title)
            sizes.append(size_of(extent, forward, folder))
            entries += entries_of(sizes[-1], folder.summary())
            save_figure(cost_figure(sizes), work.folder, "cost")
            content = {"format": 1, "sizes": [size.as_dict() for size in sizes]}
            write_json(work.folder / "cost.json", finite(content))
        return entries


def size_of(extent: int, forward: RunFolder, folder: RunFolder) -> Size:
    """What the finished runs of a lattice say."""
    summary = folder.summary()
    trainings = [summary["training"], forward.summary()["training"]]
    return Size(
        extent,
        measured(folder, "ess"),
        measured(folder, "log_weight_variance"),
        sum(training["cpu_seconds"] or math.nan for training in trainings),
        trainings[0]["parameters"],
        {name: cost_of(chain) for name, chain in summary["chains"].items()},
    )


def entries_of(size: Size, summary: Mapping[str, Any]) -> list[LedgerEntry]:
    """The published ratio beside ours; observables of the model's chains beside the cluster's."""
    made = []
    for name in (FLOW, ROTATION) if size.extent in PUBLISHED else ():
        speed = size.speed(name, HMC)
        if math.isfinite(speed.value):
            published = PublishedValue(PUBLISHED[size.extent], 0.0, _SOURCE)
            quantity = f"speed over HMC, L = {size.extent}, {LABELS[name]}"
            made.append(LedgerEntry(quantity, published, speed, _NOTE))
    chains = summary["chains"]
    for name in (FLOW, ROTATION):
        for key, symbol in _COMPARED.items():
            quantity = f"{symbol}, L = {size.extent}, {LABELS[name]}"
            made += against_cluster(quantity, chains[name], chains[CLUSTER], key)
    return made


def against_cluster(
    quantity: str, chain: Mapping[str, Any], cluster: Mapping[str, Any], key: str
) -> list[LedgerEntry]:
    """An observable of a chain beside that of the cluster chain of its run, if both know it."""
    ours, theirs = (one["observables"].get(key) or {} for one in (chain, cluster))
    if ours.get("error") is None or theirs.get("error") is None:
        return []
    known = PublishedValue(theirs["value"], theirs["error"], "cluster chain of the same run")
    return [LedgerEntry(quantity, known, Estimate(ours["value"], ours["error"]))]
