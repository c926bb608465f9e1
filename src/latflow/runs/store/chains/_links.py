"""What binds the files of a chain to their configuration, to the model, and to each other."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from latflow.errors import RunFolderError


@dataclass(frozen=True)
class ChainOrigin:
    """What the samples of a chain come from.

    Attributes:
        name: of the block; it names the random numbers.
        digest: of everything in the configuration that determines the samples, but their number.
        model: identifies the trained model; empty where the kernel needs none.
    """

    name: str
    digest: str
    model: str

    def check(self, path: Path, found: "ChainOrigin") -> None:
        """Refuse a file of another origin.

        Args:
            path: the file.
            found: what it says of itself.

        Raises:
            RunFolderError: it is of another chain, configuration or model.
        """
        if found.name != self.name:
            raise RunFolderError(
                f'{path}: holds samples of the chain "{found.name}"; put the file back that was '
                "here, or move this one away and use `latflow resume`"
            )
        if found.digest != self.digest:
            raise RunFolderError(
                f"{path}: sampled with another configuration than config.toml says; restore "
                "config.toml, use `latflow extend` for more samples, or start a new run"
            )
        if found.model != self.model:
            raise RunFolderError(
                f"{path}: drawn with another model than the one that the run has now; restore its "
                "checkpoint, move this chain's folder away and use `latflow resume`, or start a "
                "new run"
            )


@dataclass(frozen=True)
class Link:
    """The place of a segment in its chain.

    Attributes:
        index: number of the segment.
        first_sample: samples per chain before it.
        end: samples per chain up to its end.
        previous: identity of what it goes on from: the segment before it, or the warm-up.
        identity: its own.
    """

    index: int
    first_sample: int
    end: int
    previous: str
    identity: str

    def follows(self, before: "Link | None", warm_up: str | None) -> bool:
        """Whether this is the next one.

        Args:
            before: the segment before it; ``None`` if this ought to be the first one.
            warm_up: identity of the warm-up, if that is known.
        """
        if before is None:
            started = warm_up is None or self.previous == warm_up
            return started and (self.index, self.first_sample) == (0, 0)
        return (self.index, self.first_sample, self.previous) == (
            before.index + 1, before.end, before.identity
        )  # fmt: skip


def identity_of(origin: ChainOrigin, state: Sequence[np.ndarray], **facts: Any) -> str:
    """Identifies a state of chains by its numbers and by how it came about, but not how long.

    Made again on the same machine, it is the same.

    Args:
        origin: of the chains.
        state: leaves of the state.
        facts: small numbers and strings.
    """
    known: Mapping[str, Any] = {**vars(origin), **facts}
    total = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    for leaf in state:
        array = np.asarray(leaf, order="C")
        total.update(f"{array.dtype.str} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()
