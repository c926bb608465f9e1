"""The files of one chain: segments with the state that continues them, and the warm-up."""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from latflow.runs.store.chains._history import WarmUpHistory, single
from latflow.runs.store.chains._links import ChainOrigin, Link, identity_of
from latflow.runs.store.files import ArrayFile, Damage, Typed, only_sound, read_arrays, write_arrays
from latflow.stopwatch import NOT_KNOWN, NOTHING, Spent

_SEGMENT = re.compile(r"segment-([0-9]{6,9})\.h5")
WARM_UP_FILE = "warm-up.h5"
# For whoever reads a file without this package: what the leading axes of its arrays mean.
_AXES = {
    "measurements": ["chain", "sample"],
    "infos": ["chain", "sample"],
    "configurations": ["chain", "kept sample"],
}
_AXES_OF_HISTORY = {"history": ["chain", "point"], "infos": ["chain", "point"]}


@dataclass(frozen=True)
class StoredSegment:
    """One stretch of all chains of a block.

    Attributes:
        measurements: each (chains, samples, ...).
        infos: each (chains, samples).
        configurations: kept fields by the names of their arrays, each (chains, kept, ...), oldest
            first.
        state: leaves of the chains' state after the last sample.
        index: number of the segment in its chain.
        first_sample: samples per chain before this segment.
        previous: identity of the segment before it, or of the warm-up.
        origin: what it was made with.
        tuned: the kernel's numbers that the warm-up tuned, by name.
        spent: time that it took, without compilation.
        compiling: time that was spent on compiling for it. NaN where that is not known because it
            is in ``spent``, as in files of before.
        warm_up_spent: time that the warm-up took.
        warm_up_compiling: what was spent on compiling for the warm-up; NaN as above.
        load: processes that wanted to run, for each processor, when it was done; NaN where that is
            not known.
        device: kind of device that it was made on, such as ``cpu``; empty where it is not known.
    """

    measurements: dict[str, np.ndarray]
    infos: dict[str, np.ndarray]
    configurations: dict[str, np.ndarray]
    state: Sequence[np.ndarray]
    index: int
    first_sample: int
    previous: str
    origin: ChainOrigin
    tuned: dict[str, float]
    spent: Spent
    compiling: Spent
    warm_up_spent: Spent
    warm_up_compiling: Spent = NOT_KNOWN
    load: float = math.nan
    device: str = ""

    @property
    def n_chains(self) -> int:
        """Chains that advance together."""
        return self.infos["acceptance"].shape[0]

    @property
    def n_samples(self) -> int:
        """Samples per chain in this segment."""
        return self.infos["acceptance"].shape[1]

    @property
    def link(self) -> Link:
        """Its place in the chain."""
        end = self.first_sample + self.n_samples
        facts = {"index": self.index, "end": end, "previous": self.previous}
        identity = identity_of(self.origin, self.state, **facts)
        return Link(self.index, self.first_sample, end, self.previous, identity)


@dataclass(frozen=True)
class StoredWarmUp:
    """Where the warm-up stands: kernel and states after a number of rounds.

    Attributes:
        rounds: rounds done.
        kernel: leaves of the kernel, tuned so far; the sampling uses the last ones unchanged.
        state: leaves of the chains' state.
        tuned: the tuned numbers by name.
        spent: time taken by all rounds, without compilation.
        origin: what it was made with.
        compiling: time spent on compiling for them; NaN where that is in ``spent``, as in files of
            before.
        history: how the chains came here.
    """

    rounds: int
    kernel: Sequence[np.ndarray]
    state: Sequence[np.ndarray]
    tuned: dict[str, float]
    spent: Spent
    origin: ChainOrigin
    compiling: Spent = NOT_KNOWN
    history: WarmUpHistory = field(default_factory=WarmUpHistory)

    @property
    def identity(self) -> str:
        """Identifies kernel and states: what the first segment goes on from."""
        return identity_of(self.origin, [*self.kernel, *self.state], rounds=self.rounds)


def write_segment(folder: Path, segment: StoredSegment) -> None:
    """Write a segment; vectors, such as C(t), in single precision: they are most of a chain."""
    arrays = {f"measurements/{k}": _compact(v) for k, v in segment.measurements.items()}
    arrays |= {f"infos/{k}": v for k, v in segment.infos.items()}
    arrays |= {f"configurations/{k}": v for k, v in segment.configurations.items()}
    arrays |= _numbered("state", segment.state)
    attributes = {
        "index": segment.index,
        "first_sample": segment.first_sample,
        "previous": segment.previous,
        "tuned": segment.tuned,
        **_times("", segment.spent),
        **_times("compiling_", segment.compiling),
        **_times("warm_up_", segment.warm_up_spent),
        **_times("warm_up_compiling_", segment.warm_up_compiling),
        **_known("load", segment.load),
        "device": segment.device,
        "axes": _AXES,
        **_origin_facts(segment.origin),
    }
    write_arrays(segment_path(folder, segment.index), ArrayFile(arrays, attributes))


def read_segment(path: Path) -> StoredSegment:
    """Read one segment.

    Raises:
        DamagedFileError: it is damaged.
        RunFolderError: it cannot be read.
    """
    remedy = resume_draws_it_again(path.parent)
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        facts = Typed(content.attributes)
        segment = StoredSegment(
            measurements={k: _wide(v) for k, v in content.group("measurements").items()},
            infos=content.group("infos"),
            configurations=content.group("configurations"),
            state=_in_order(content, "state"),
            index=facts.count("index"),
            first_sample=facts.count("first_sample"),
            previous=facts.text("previous"),
            origin=_origin(facts),
            tuned=facts.numbers("tuned"),
            spent=_spent(facts, ""),
            compiling=_compiling(facts, content.attributes),
            warm_up_spent=_spent(facts, "warm_up_"),
            warm_up_compiling=_spent_if_known(facts, "warm_up_compiling_"),
            load=facts.seconds_if_known("load"),
            device=facts.text("device") if "device" in content.attributes else "",
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


def _origin(facts: Typed) -> ChainOrigin:
    return ChainOrigin(facts.text("chain"), facts.text("digest"), facts.text("model"))


def _origin_facts(origin: ChainOrigin) -> dict[str, str]:
    return {"chain": origin.name, "digest": origin.digest, "model": origin.model}


def write_warm_up(folder: Path, warm_up: StoredWarmUp) -> None:
    """Write where the warm-up stands, in place of what was there."""
    arrays = _numbered("kernel", warm_up.kernel) | _numbered("state", warm_up.state)
    arrays |= {f"history/{k}": v for k, v in warm_up.history.series.items()}
    arrays |= {f"infos/{k}": v for k, v in warm_up.history.infos.items()}
    attributes = {
        "rounds": warm_up.rounds,
        "tuned": warm_up.tuned,
        **_times("", warm_up.spent),
        **_times("compiling_", warm_up.compiling),
        "every": warm_up.history.every,
        "axes": _AXES_OF_HISTORY,
        **_origin_facts(warm_up.origin),
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
    remedy = resume_draws_it_again(folder)
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        facts = Typed(content.attributes)
        history = WarmUpHistory(
            facts.count("every") if "every" in content.attributes else 0,
            content.group("history"),
            content.group("infos"),
        )
        state = _in_order(content, "state")
        history.check(state[0].shape[0] if state and state[0].ndim else None)
        return StoredWarmUp(
            rounds=facts.count("rounds"),
            kernel=_in_order(content, "kernel"),
            state=state,
            tuned=facts.numbers("tuned"),
            spent=_spent(facts, ""),
            origin=_origin(facts),
            compiling=_spent_if_known(facts, "compiling_"),
            history=history,
        )


def segment_path(folder: Path, index: int) -> Path:
    """Where a segment is kept."""
    return folder / f"segment-{index:06d}.h5"


def segment_paths(folder: Path) -> dict[int, Path]:
    """The segments of a chain that are there, by number and in order."""
    found = {}
    for path in folder.glob("segment-*.h5"):
        match = _SEGMENT.fullmatch(path.name)
        if match:
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def resume_draws_it_again(folder: Path) -> str:
    """The remedy for what is damaged or missing of a chain, as it stands in errors."""
    return f"`latflow resume {folder.parent.parent}` keeps it aside and draws it again"


def _compact(series: np.ndarray) -> np.ndarray:
    """A series as it is stored: a rounding of 6e-8 in every sample of a vector is no error."""
    return single(series) if series.ndim > 2 and series.dtype == np.float64 else series


def _wide(series: np.ndarray) -> np.ndarray:
    """A stored series for whoever calculates with it."""
    return series.astype(np.float64) if series.dtype == np.float32 else series


def _known(name: str, value: float) -> dict[str, float]:
    """A fact, where it is one."""
    return {name: value} if math.isfinite(value) else {}


def _times(prefix: str, spent: Spent) -> dict[str, float]:
    """The facts that say what time was spent, as far as it is known."""
    return _known(f"{prefix}seconds", spent.seconds) | _known(
        f"{prefix}cpu_seconds", spent.cpu_seconds
    )


def _spent(facts: Typed, prefix: str) -> Spent:
    return Spent(facts.seconds(f"{prefix}seconds"), facts.seconds_if_known(f"{prefix}cpu_seconds"))


def _spent_if_known(facts: Typed, prefix: str) -> Spent:
    names = (f"{prefix}seconds", f"{prefix}cpu_seconds")
    return Spent(*(facts.seconds_if_known(name) for name in names))


def _compiling(facts: Typed, attributes: Mapping[str, object]) -> Spent:
    """Of a segment; those of before say only whether there was any, in the time of the rest."""
    if "compiled" in attributes and not facts.flag("compiled"):
        return NOTHING
    return _spent_if_known(facts, "compiling_")


def _numbered(group: str, leaves: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{group}/{number:04d}": leaf for number, leaf in enumerate(leaves)}


def _in_order(content: ArrayFile, group: str) -> list[np.ndarray]:
    leaves = content.group(group)
    return [leaves[name] for name in sorted(leaves)]
