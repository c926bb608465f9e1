"""The segments of one chain on disk: samples, and the state that continues them."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latflow.errors import RunFolderError
from latflow.runs.store._arrays import ArrayFile, read_arrays, write_arrays
from latflow.runs.store._chain_data import ChainData
from latflow.runs.store._seal import Damage
from latflow.runs.store._typed import Typed, only_sound

_SEGMENT = re.compile(r"segment-([0-9]{6,9})\.h5")
WARM_UP_FILE = "warm-up.h5"
# For whoever reads a file without this package: what the leading axes of its arrays mean.
_AXES = {
    "measurements": ["chain", "sample"],
    "infos": ["chain", "sample"],
    "configurations": ["chain", "kept sample"],
}


@dataclass(frozen=True)
class StoredSegment:
    """One stretch of all chains of a block.

    Attributes:
        measurements: each (chains, samples, ...).
        infos: each (chains, samples).
        configurations: kept fields by the names of their arrays, each (chains, kept, ...), oldest
            first.
        state: leaves of the chains' state after the last sample.
        first_sample: samples per chain before this segment.
        seconds: time it took.
        compiled: whether that time includes compilation.
        digest: of the configuration that made it.
    """

    measurements: dict[str, np.ndarray]
    infos: dict[str, np.ndarray]
    configurations: dict[str, np.ndarray]
    state: Sequence[np.ndarray]
    first_sample: int
    seconds: float
    compiled: bool
    digest: str

    @property
    def n_samples(self) -> int:
        """Samples per chain in this segment."""
        return self.infos["acceptance"].shape[1]


@dataclass(frozen=True)
class StoredWarmUp:
    """Where the warm-up stands: kernel and states after a number of rounds.

    Attributes:
        rounds: rounds done.
        kernel: leaves of the kernel, tuned so far; the sampling uses the last ones unchanged.
        state: leaves of the chains' state.
        tuned: the tuned numbers by name.
        seconds: time taken by all rounds.
        digest: of the configuration that made it.
    """

    rounds: int
    kernel: Sequence[np.ndarray]
    state: Sequence[np.ndarray]
    tuned: dict[str, float]
    seconds: float
    digest: str


def write_segment(folder: Path, index: int, segment: StoredSegment) -> None:
    """Write segment number ``index``."""
    arrays = {f"measurements/{k}": v for k, v in segment.measurements.items()}
    arrays |= {f"infos/{k}": v for k, v in segment.infos.items()}
    arrays |= {f"configurations/{k}": v for k, v in segment.configurations.items()}
    arrays |= _numbered("state", segment.state)
    attributes = {
        "first_sample": segment.first_sample,
        "seconds": segment.seconds,
        "compiled": segment.compiled,
        "digest": segment.digest,
        "axes": _AXES,
    }
    write_arrays(folder / f"segment-{index:06d}.h5", ArrayFile(arrays, attributes))


def read_segment(path: Path) -> StoredSegment:
    """Read one segment.

    Raises:
        DamagedFileError: it is damaged.
        RunFolderError: it cannot be read.
    """
    remedy = "delete it and all later segments, then resume the run"
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        facts = Typed(content.attributes)
        segment = StoredSegment(
            measurements=content.group("measurements"),
            infos=content.group("infos"),
            configurations=content.group("configurations"),
            state=_in_order(content, "state"),
            first_sample=facts.count("first_sample"),
            seconds=facts.seconds("seconds"),
            compiled=facts.flag("compiled"),
            digest=facts.text("digest"),
        )
        _check_shapes(segment)
    return segment


def _check_shapes(segment: StoredSegment) -> None:
    """Everything is of the same chains and samples."""
    acceptance = segment.infos.get("acceptance")
    if acceptance is None or acceptance.ndim != 2 or not acceptance.size:
        raise Damage("no acceptance of chains and samples")
    chains = acceptance.shape[:1]
    kept = {array.shape[:2] for array in segment.configurations.values()}
    if (
        any(array.shape != acceptance.shape for array in segment.infos.values())
        or any(array.shape[:2] != acceptance.shape for array in segment.measurements.values())
        or any(array.shape[:1] != chains for array in segment.state)
        or any(len(shape) != 2 or shape[:1] != chains for shape in kept)
        or len(kept) > 1
    ):
        raise Damage("its arrays are of different chains or samples")


def write_warm_up(folder: Path, warm_up: StoredWarmUp) -> None:
    """Write where the warm-up stands, in place of what was there."""
    arrays = _numbered("kernel", warm_up.kernel) | _numbered("state", warm_up.state)
    attributes = {
        "rounds": warm_up.rounds,
        "tuned": warm_up.tuned,
        "seconds": warm_up.seconds,
        "digest": warm_up.digest,
    }
    write_arrays(folder / WARM_UP_FILE, ArrayFile(arrays, attributes))


def read_warm_up(folder: Path) -> StoredWarmUp | None:
    """Read where the warm-up stands, or ``None`` before its first round.

    Raises:
        DamagedFileError: the file is damaged.
        RunFolderError: it cannot be read.
    """
    path = folder / WARM_UP_FILE
    if not os.path.lexists(path):
        return None
    remedy = f"delete {folder} and resume the run to redo this chain"
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        facts = Typed(content.attributes)
        return StoredWarmUp(
            rounds=facts.count("rounds"),
            kernel=_in_order(content, "kernel"),
            state=_in_order(content, "state"),
            tuned=facts.numbers("tuned"),
            seconds=facts.seconds("seconds"),
            digest=facts.text("digest"),
        )


def segment_paths(folder: Path) -> list[Path]:
    """The segments of a chain in order.

    Raises:
        RunFolderError: one is missing between others.
    """
    found = {}
    for path in folder.glob("segment-*.h5"):
        match = _SEGMENT.fullmatch(path.name)
        if match:
            found[int(match[1])] = path
    for index in range(len(found)):
        if index not in found:
            raise RunFolderError(
                f"{folder}: segment-{index:06d}.h5 is missing although later ones are there; "
                "delete the later ones and resume the run"
            )
    return [found[index] for index in range(len(found))]


def samples_done(folder: Path) -> int:
    """Samples per chain in all segments together.

    Raises:
        RunFolderError: one is missing between others, or the last one is damaged.
    """
    paths = segment_paths(folder)
    if not paths:
        return 0
    last = read_segment(paths[-1])
    return last.first_sample + last.n_samples


def read_chain(folder: Path, name: str) -> ChainData:
    """All segments of a chain put together.

    Raises:
        RunFolderError: there are none, one is missing, or one is damaged.
    """
    segments = [read_segment(path) for path in segment_paths(folder)]
    warm_up = read_warm_up(folder)
    if not segments or warm_up is None:
        raise RunFolderError(f"{folder}: no samples yet; resume the run to draw them")

    def joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return {key: np.concatenate([part[key] for part in parts], axis=1) for key in parts[0]}

    return ChainData(
        name=name,
        measurements=joined([segment.measurements for segment in segments]),
        infos=joined([segment.infos for segment in segments]),
        configurations=joined([segment.configurations for segment in segments]),
        tuned=warm_up.tuned,
        seconds=float(sum(segment.seconds for segment in segments)),
        seconds_per_sample=_seconds_per_sample(segments),
        warm_up_seconds=warm_up.seconds,
    )


def _seconds_per_sample(segments: list[StoredSegment]) -> float:
    """Time per sample of one chain, from segments without compilation where there are any."""
    steady = [segment for segment in segments if not segment.compiled] or segments
    samples = sum(segment.infos["acceptance"].size for segment in steady)
    return float(sum(segment.seconds for segment in steady)) / samples


def _numbered(group: str, leaves: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{group}/{number:04d}": leaf for number, leaf in enumerate(leaves)}


def _in_order(content: ArrayFile, group: str) -> list[np.ndarray]:
    leaves = content.group(group)
    return [leaves[name] for name in sorted(leaves)]
