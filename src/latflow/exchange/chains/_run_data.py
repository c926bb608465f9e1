"""What a run hands over: the samples of its chains, with names and units, and the results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

import latflow
from latflow.errors import ConfigError
from latflow.runs import ResolvedRun, RunFolder, quantities_of, resolve

UNITS = "lattice units (a = 1)"
AXES = ("replica", "sample")
"""What the two leading axes of every series mean: independent chains, and samples in order."""


@dataclass(frozen=True)
class ChainExport:
    """One ``[[chains]]`` block.

    Attributes:
        name: of the block.
        kernel: its Markov kernel.
        thin: transitions between two samples.
        measurements: what the observables recorded, each (replicas, samples, ...).
        infos: what the kernel reported, each (replicas, samples).
        configurations: stored fields by the names of their arrays, each (replicas, kept, ...).
        configurations_every: samples between two of them.
        results: ``value``, ``error``, ``tau_int``, ``tau_int_error`` (in samples) by quantity;
            NaN for what is not known.
    """

    name: str
    kernel: str
    thin: int
    measurements: dict[str, Shaped[np.ndarray, "replicas samples ..."]]
    infos: dict[str, Shaped[np.ndarray, "replicas samples"]]
    configurations: dict[str, Shaped[np.ndarray, "replicas kept ..."]]
    configurations_every: int
    results: dict[str, dict[str, float]]

    @property
    def n_replicas(self) -> int:
        """Independent chains."""
        return next(iter(self.infos.values())).shape[0]

    @property
    def n_samples(self) -> int:
        """Samples of each."""
        return next(iter(self.infos.values())).shape[1]


@dataclass(frozen=True)
class RunExport:
    """What all formats write.

    Attributes:
        run: name of the run's folder.
        about: where the numbers come from, in words and numbers that JSON can hold.
        chains: the blocks.
        words: what a series is, by its name, where it is known.
        metrics: of the training, each (steps); empty without a model.
    """

    run: str
    about: dict[str, Any]
    chains: tuple[ChainExport, ...]
    words: dict[str, str]
    metrics: dict[str, Shaped[np.ndarray, " steps"]]


NUMBERS = ("value", "error", "tau_int", "tau_int_error")
"""What is known of every result, in this order."""


def collect(
    run: RunFolder | ResolvedRun, names: Sequence[str] | None = None, configurations: bool = False
) -> RunExport:
    """Read what is to be handed over.

    Args:
        run: a run that has been measured.
        names: of the chains; all that have samples if not given.
        configurations: whether stored fields are wanted.

    Raises:
        RunFolderError: it has not been measured, or a file of it is damaged.
        ConfigError: there is no such chain.
    """
    run = resolve(run)
    summary, known = run.folder.summary(), run.folder.chain_names()
    for name in names or ():
        if name not in known:
            raise ConfigError(
                "--chain", f'no chain with samples is called "{name}"; there are {list(known)}'
            )
    quantities = quantities_of(run.config)
    return RunExport(
        run=Path(run.folder.path).resolve().name,
        about={
            "program": f"latflow {latflow.__version__}",
            "run": Path(run.folder.path).resolve().name,
            "theory": run.config.resolved()["theory"],
            "seed": run.config.seed,
            "units": UNITS,
            "axes": "replica (independent chain), sample (after warm-up), components",
        },
        chains=tuple(
            _chain(run, name, summary, configurations)
            for name in known
            if names is None or name in names
        ),
        words={name: quantity.words for name, quantity in quantities.items()},
        metrics=run.folder.training_metrics() if run.config.training else {},
    )


def _chain(
    run: ResolvedRun, name: str, summary: dict[str, Any], configurations: bool
) -> ChainExport:
    data, settings = run.folder.chain(name), run.config.chain(name)
    entries = summary.get("chains", {}).get(name, {}).get("observables", {})
    return ChainExport(
        name=name,
        kernel=settings.kernel,
        thin=settings.thin,
        measurements=data.measurements,
        infos=data.infos,
        configurations=data.configurations if configurations else {},
        configurations_every=settings.configurations_every,
        results={
            quantity: {key: _number(entry.get(key)) for key in NUMBERS}
            for quantity, entry in entries.items()
        },
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
