"""Sampling one point of a scan: a pilot, then a run that is lengthened to the target."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from latflow.errors import RunFolderError
from latflow.observables import SlowSeries
from latflow.runs import (
    ChainSettings,
    Progress,
    RunFolder,
    ShouldStop,
    ask_for_more,
    measure,
    sample,
    session,
    slow_series_of,
    stop_if,
    train,
    with_pinned_model,
)
from latflow.scans._length import (
    SEGMENT,
    Slowness,
    first_length,
    longer,
    longer_pilot,
    slowness,
    thinning,
    warm_up_length,
)
from latflow.scans._point import Lengths, Point
from latflow.scans._settings import ScanSettings


class PointRun:
    """The run of one point in the folder of a scan.

    Args:
        point: which ensemble and kernel.
        settings: of the scan.
        folder: of the scan.
        command: what was typed, for the provenance of the runs.
    """

    def __init__(self, point: Point, settings: ScanSettings, folder: Path, command: str):
        self.point, self.settings, self.command = point, settings, command
        self.path = folder / "runs" / point.place
        self.pilot_path = folder / "pilots" / point.place

    def finished(self) -> bool:
        """Whether the run is there, measured, and as long as it has to be.

        Raises:
            RunFolderError: it was made with other settings.
        """
        if not (self.path / "config.toml").is_file():
            return False
        config = self._folder().config()
        try:
            summary = json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
            results = summary["chains"][self.point.chain_name]
        except (OSError, ValueError, KeyError):
            return False
        chain = config.chain(self.point.chain_name)
        complete = results["n_samples"] == chain.n_samples
        return complete and (
            chain.n_samples >= self._longest(chain)
            or reached_error(results["observables"], list(slow_series_of(config)))
            <= self.settings.target_error
        )

    def run(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Do all that is missing.

        Raises:
            Interrupted: ``should_stop`` said so; everything done is saved.
        """
        if not (self.path / "config.toml").is_file():
            lengths = self.point.fixed_lengths or self._pilot_lengths(progress, should_stop)
            chain = self.point.config(lengths).chain(self.point.chain_name)
            lengths = replace(lengths, n_samples=min(lengths.n_samples, self._longest(chain)))
            RunFolder.create(self.path, self.point.config(lengths))
        folder, name = self._folder(), self.point.chain_name
        longest = self._longest(folder.config().chain(name))
        with session(folder, self.command):
            train(folder, progress, should_stop)
            sample_to_error(
                folder, name, self.settings.target_error, longest, progress, should_stop
            )
            progress.message("measuring")
            measure(folder)

    def _folder(self) -> RunFolder:
        """The run, if it is the one that the settings ask for."""
        folder = RunFolder(self.path)
        config, name = folder.config(), self.point.chain_name
        there = {chain.name: chain for chain in config.chains}.get(name)
        if there is not None:
            chosen = Lengths(there.n_samples, there.thin, there.warm_up)
            wanted = with_pinned_model(self.point.config(_with_fixed(self.point, chosen)))
            if wanted.chain_digest(name) == config.chain_digest(name):
                return folder
        raise RunFolderError(
            f"{self.path}: made with other settings than this scan has; choose another --out, "
            "or delete that folder to do it again"
        )

    def _longest(self, chain: ChainSettings) -> int:
        """Samples per chain that are not exceeded."""
        if self.point.fixed_samples is not None:
            return self.point.fixed_samples
        segments = self.settings.max_steps // (chain.n_chains * chain.thin * SEGMENT)
        return SEGMENT * max(1, segments)

    def _pilot_lengths(self, progress: Progress, should_stop: ShouldStop) -> Lengths:
        """What a short run with as many chains suggests."""
        if (self.pilot_path / "config.toml").is_file():
            folder = RunFolder(self.pilot_path)
        else:
            folder = RunFolder.create(self.pilot_path, self.point.pilot)
        config = folder.config()
        (chain,) = config.chains
        name, longest, slow = chain.name, self._longest(chain), slow_series_of(config)
        with session(folder, self.command):
            while True:
                sample(folder, progress=progress, should_stop=should_stop)
                pilot = _slowness_of(folder, name, slow)
                n_samples = min(longer_pilot(pilot), longest)
                if n_samples <= pilot.n_samples:
                    break
                ask_for_more(folder, n_samples, [name])
                stop_if(should_stop)
        thin = self.point.block.get("thin", thinning(pilot))
        warm_up = self.point.block.get("warm_up", warm_up_length(pilot))
        return Lengths(first_length(pilot, thin, self.settings.target_error), thin, warm_up)


def reached_error(observables: dict[str, dict[str, Any]], slow: Sequence[str]) -> float:
    """Relative error of the largest autocorrelation time among what is slow.

    Args:
        observables: of a chain's summary.
        slow: names of what is slow; what was frozen has no autocorrelation time and is left out.
    """
    known = [observables[name] for name in slow if name in observables]
    known = [entry for entry in known if entry["tau_int"] is not None]
    if not known:
        return float("inf")
    slowest = max(known, key=lambda entry: entry["tau_int"])
    return slowest["tau_int_error"] / slowest["tau_int"]


def sample_to_error(
    folder: RunFolder,
    chain_name: str,
    target_error: float,
    longest: int,
    progress: Progress,
    should_stop: ShouldStop,
) -> None:
    """Sample a chain, and lengthen it until its autocorrelation times are known well enough.

    Args:
        folder: the run, whose model is trained; ``n_samples`` in its configuration is raised.
        chain_name: which of its chains.
        target_error: relative error of the largest autocorrelation time of what is slow.
        longest: samples per chain that are not exceeded.
        progress: who wants to see how it goes.
        should_stop: asked after every segment.

    Raises:
        Interrupted: ``should_stop`` said so; all finished segments are saved.
    """
    slow = slow_series_of(folder.config())
    while True:
        sample(folder, [chain_name], progress, should_stop)
        n_samples = folder.config().chain(chain_name).n_samples
        measured = _slowness_of(folder, chain_name, slow)
        if n_samples >= longest or measured.relative_error <= target_error:
            return
        ask_for_more(folder, min(longer(measured, target_error), longest), [chain_name])
        stop_if(should_stop)


def _slowness_of(folder: RunFolder, chain_name: str, slow: Mapping[str, SlowSeries]) -> Slowness:
    series = folder.chain(chain_name).measurements
    return slowness([each.of(series) for each in slow.values()])


def _with_fixed(point: Point, chosen: Lengths) -> Lengths:
    """The lengths that were chosen before, but for what the kernel's block fixes."""
    fixed = {key: point.block[key] for key in ("thin", "warm_up") if key in point.block}
    return replace(chosen, **fixed)
