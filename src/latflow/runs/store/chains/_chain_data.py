"""What the segments of one Markov chain hold together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped


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
        seconds: time spent on sampling after the warm-up, compilation included.
        seconds_per_sample: time per sample of one chain when nothing has to be compiled; all
            chains advance together, so one sample of each takes ``n_chains`` times as long.
        warm_up_seconds: time spent on the warm-up, compilation included.
    """

    name: str
    measurements: dict[str, Shaped[np.ndarray, "chains samples ..."]]
    infos: dict[str, Shaped[np.ndarray, "chains samples"]]
    configurations: dict[str, Shaped[np.ndarray, "chains kept ..."]]
    tuned: dict[str, float]
    seconds: float
    seconds_per_sample: float
    warm_up_seconds: float

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
