"""The chain that its files make together, each checked against the configuration and the others."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from latflow.errors import DamagedFileError, RunFolderError
from latflow.runs.store.chains._chain_data import ChainData
from latflow.runs.store.chains._links import ChainOrigin, Link
from latflow.runs.store.chains._segments import (
    StoredSegment,
    StoredWarmUp,
    read_segment,
    read_warm_up,
    resume_draws_it_again,
    segment_path,
    segment_paths,
)
from latflow.stopwatch import NOT_KNOWN, NOTHING, Spent


@dataclass(frozen=True)
class WantedChain:
    """What the configuration says about the files of a chain.

    Attributes:
        origin: what its samples must come from.
        n_chains: chains that advance together.
        n_samples: samples per chain.
        configurations_every: every so-manieth sample's field is stored; 0 for none.
    """

    origin: ChainOrigin
    n_chains: int
    n_samples: int
    configurations_every: int


@dataclass(frozen=True)
class Survey:
    """What is there of a chain.

    Attributes:
        links: the sound segments by number; there may be gaps.
    """

    links: dict[int, Link]

    def samples_in_a_row(self) -> int:
        """Samples per chain before the first gap."""
        index = 0
        while index in self.links:
            index += 1
        return self.links[index - 1].end if index else 0


def survey_chain(
    folder: Path, wanted: WantedChain, damaged: Callable[[DamagedFileError], None]
) -> Survey:
    """Read all segments of a chain, and check that they belong together.

    Args:
        folder: of the chain.
        wanted: what the configuration says.
        damaged: what to do with a damaged file; it may raise the error.

    Raises:
        RunFolderError: a sound file does not belong here.
    """
    warm_up, links = _identity(_warm_up(folder, wanted, damaged)), {}
    for index, path in segment_paths(folder).items():
        try:
            segment = read_segment(path)
        except DamagedFileError as error:
            damaged(error)
            continue
        check_segment(path, segment, wanted)
        if index == 0 or index - 1 in links:
            _check_follows(path, segment.link, links.get(index - 1), warm_up)
        links[index] = segment.link
    return Survey(links)


def read_chain(folder: Path, wanted: WantedChain) -> ChainData:
    """All segments of a chain put together: as many samples as the configuration asks for.

    Raises:
        RunFolderError: there are none, one is missing or damaged, or one does not belong here.
    """

    def refuse(error: DamagedFileError) -> None:
        raise error

    # Without the warm-up a run is sound all the same; damaged, it is of no use, and that is said.
    warm_up = _warm_up(folder, wanted, refuse)
    in_order = _in_order(folder, wanted, _identity(warm_up))
    segments = [_cut(segment, wanted) for segment in in_order]
    segments = [segment for segment in segments if segment.n_samples]
    if not segments:
        raise RunFolderError(
            f"{folder}: no samples yet; `latflow resume {folder.parent.parent}` draws them"
        )

    def joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return {key: np.concatenate([part[key] for part in parts], axis=1) for key in parts[0]}

    first, per_sample = segments[0], _per_sample(segments)
    spent = _sum(segment.spent for segment in segments)
    compiling = _sum([first.warm_up_compiling, *(segment.compiling for segment in segments)])
    return ChainData(
        name=wanted.origin.name,
        measurements=joined([segment.measurements for segment in segments]),
        infos=joined([segment.infos for segment in segments]),
        configurations=joined([segment.configurations for segment in segments]),
        tuned=first.tuned,
        seconds=spent.seconds,
        seconds_per_sample=per_sample.seconds,
        warm_up_seconds=first.warm_up_spent.seconds,
        cpu_seconds=spent.cpu_seconds,
        warm_up_cpu_seconds=first.warm_up_spent.cpu_seconds,
        cpu_seconds_per_sample=per_sample.cpu_seconds,
        compiling_seconds=compiling.seconds,
        compiling_cpu_seconds=compiling.cpu_seconds,
        load=_load(segments),
        device=", ".join(dict.fromkeys(segment.device for segment in segments)),
        **({} if warm_up is None else {"warm_up": warm_up.history}),
    )


def check_segment(path: Path, segment: StoredSegment, wanted: WantedChain) -> None:
    """Refuse a segment whose content is not what its name and the configuration say.

    Raises:
        RunFolderError: it is of another chain, configuration or model, has another number, or
            arrays of the wrong lengths.
    """
    wanted.origin.check(path, segment.origin)
    if path != segment_path(path.parent, segment.index):
        raise RunFolderError(
            f"{path}: is segment number {segment.index} of its chain, under another name; put the "
            "file back that was here, or move this one away and use `latflow resume`"
        )
    if segment.n_chains != wanted.n_chains:
        raise RunFolderError(
            f"{path}: holds {segment.n_chains} chains instead of {wanted.n_chains} as config.toml "
            "says; restore config.toml, or start a new run"
        )


def _check_follows(path: Path, link: Link, before: Link | None, warm_up: str | None) -> None:
    if not link.follows(before, warm_up):
        raise RunFolderError(
            f"{path}: does not go on from "
            f"{'the warm-up' if before is None else 'the segment before it'}; put the file back "
            "that was here, or move it and all later segments away and use `latflow resume`"
        )


def _warm_up(
    folder: Path, wanted: WantedChain, damaged: Callable[[DamagedFileError], None]
) -> StoredWarmUp | None:
    try:
        warm_up = read_warm_up(folder)
    except DamagedFileError as error:
        damaged(error)
        return None
    if warm_up is None:
        return None
    wanted.origin.check(folder / "warm-up.h5", warm_up.origin)
    return warm_up


def _identity(warm_up: StoredWarmUp | None) -> str | None:
    return None if warm_up is None else warm_up.identity


def _in_order(folder: Path, wanted: WantedChain, warm_up: str | None) -> Iterator[StoredSegment]:
    """The segments one after the other, up to a gap beyond what is wanted."""
    paths, before = segment_paths(folder), None
    for index in range(max(paths, default=-1) + 1):
        if index not in paths:
            if before is not None and before.end >= wanted.n_samples:
                return
            raise RunFolderError(
                f"{segment_path(folder, index)}: missing although later ones are there; "
                f"{resume_draws_it_again(folder)}"
            )
        segment = read_segment(paths[index])
        check_segment(paths[index], segment, wanted)
        _check_follows(paths[index], segment.link, before, warm_up)
        before = segment.link
        yield segment


def _cut(segment: StoredSegment, wanted: WantedChain) -> StoredSegment:
    """What the configuration asks for of a segment, where it asks for fewer samples than it has."""
    left = max(0, wanted.n_samples - segment.first_sample)
    if left >= segment.n_samples:
        return segment
    every = wanted.configurations_every
    kept = (wanted.n_samples // every - segment.first_sample // every) if every and left else 0
    return StoredSegment(
        **vars(segment)
        | {
            "measurements": {k: v[:, :left] for k, v in segment.measurements.items()},
            "infos": {k: v[:, :left] for k, v in segment.infos.items()},
            "configurations": {k: v[:, :kept] for k, v in segment.configurations.items()},
            "spent": Spent(*(time * left / segment.n_samples for time in segment.spent)),
        }
    )


def _sum(times: Iterable[Spent]) -> Spent:
    return reduce(Spent.and_then, times, NOTHING)


def _per_sample(segments: list[StoredSegment]) -> Spent:
    """Time per sample of one chain, from the segments whose time holds no compilation."""
    steady = [segment for segment in segments if math.isfinite(segment.compiling.seconds)]
    if not steady:
        return NOT_KNOWN
    samples = sum(segment.infos["acceptance"].size for segment in steady)
    return Spent(*(time / samples for time in _sum(segment.spent for segment in steady)))


def _load(segments: list[StoredSegment]) -> float:
    """Mean over the time of sampling; NaN where it is not known of all of it."""
    seconds = sum(segment.spent.seconds for segment in segments)
    total = sum(segment.load * segment.spent.seconds for segment in segments)
    return float(total / seconds) if seconds > 0 else float("nan")
