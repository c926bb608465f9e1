"""What the segments of one Markov chain hold together."""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Shaped

from latflow.runs.store.chains._history import WarmUpHistory


@dataclass(frozen=True)
class ChainData:
    """All samples of one ``[[chains]]`` block after its warm-up.

    Attributes:
        name: the block's name.
        measurements: observables per configuration, each (chains, samples, ...).
        infos: what the kernel reports per transition (averaged over ``thin`` of them), each
            (chains, samples); ``acceptance`` is always there.
        configurations: stored fields by the names of their arrays, each (chains, kept, ...), the
            oldest first; a field that is one array is called ``field``.
        tuned: the kernel's numbers that the warm-up tuned.
        seconds: time spent on sampling after the warm-up.
        seconds_per_sample: time per sample of one chain, without compilation; all chains advance
            together, so one sample of each takes ``n_chains`` times as long. NaN where it is not
            known: all segments were drawn by a version that kept both times as one.
        warm_up_seconds: time spent on the warm-up.
        cpu_seconds: processor time spent on sampling; NaN where that is not known, as below.
        warm_up_cpu_seconds: processor time spent on the warm-up.
        cpu_seconds_per_sample: processor time as ``seconds_per_sample``.
        compiling_seconds: time spent on compiling, for the warm-up and for sampling; NaN where it
            is part of their times, as in files of before.
        compiling_cpu_seconds: processor time as ``compiling_seconds``.
        load: processes that wanted to run, for each processor of the machine, while sampling.
        device: kinds of devices that sampled; empty where they are not known.
        warm_up: the history of the warm-up; empty where it is not there.
    """

    name: str
    measurements: dict[str, Shaped[np.ndarray, "chains samples ..."]]
    infos: dict[str, Shaped[np.ndarray, "chains samples"]]
    configurations: dict[str, Shaped[np.ndarray, "chains kept ..."]]
    tuned: dict[str, float]
    seconds: float
    seconds_per_sample: float
    warm_up_seconds: float
    cpu_seconds: float = math.nan
    warm_up_cpu_seconds: float = math.nan
    cpu_seconds_per_sample: float = math.nan
    compiling_seconds: float = math.nan
    compiling_cpu_seconds: float = math.nan
    load: float = math.nan
    device: str = ""
    warm_up: WarmUpHistory = field(default_factory=WarmUpHistory)

    @property
    def n_chains(self) -> int:
        """Number of independent chains."""
        return self.infos["acceptance"].shape[0]

    @property
    def n_samples(self) -> int:
        """Number of samples per chain."""
        return self.infos["acceptance"].shape[1]

    @property
    def n_kept(self) -> int:
        """Number of stored fields per chain."""
        arrays = list(self.configurations.values())
        return arrays[0].shape[1] if arrays else 0

    def oldest_first(self, name: str = "field") -> Shaped[np.ndarray, "stored ..."]:
        """One array of all stored fields in a row: sample by sample, there chain by chain.

        Args:
            name: of the array.
        """
        array = self.configurations[name]
        return array.swapaxes(0, 1).reshape(-1, *array.shape[2:])
