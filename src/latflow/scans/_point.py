"""One ensemble with one kernel: the configuration of its run, and of the pilot before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError
from latflow.runs import RunConfig, check_buildable, config_from
from latflow.scans._kernels import kernels_by_kind
from latflow.scans._length import SEGMENT, SHORTEST
from latflow.scans._settings import ScanEnsembleSettings, ScanSettings
from latflow.theories import TheorySettings

# Of the fields of all chains together.
_NUMBERS_AT_ONCE = 65536
_FEWEST_CHAINS, _MOST_CHAINS = 16, 64
_SEGMENTS_PER_CONFIGURATION = 5
_PILOT_WARM_UP = 500


@dataclass(frozen=True)
class Lengths:
    """What a scan chooses for a run: samples per chain, steps per sample, steps of warm-up."""

    n_samples: int
    thin: int
    warm_up: int


@dataclass(frozen=True)
class Point:
    """One ensemble with one kernel.

    Attributes:
        ensemble: the theory.
        kernel: the kernel's block as the scan has it.
        seed: of the scan.
        observables: the ``[observables]`` block of its run; by default those of the theory.
    """

    ensemble: ScanEnsembleSettings
    kernel: Mapping[str, Any]
    seed: int
    observables: Mapping[str, Any] | None = None

    @property
    def kernel_name(self) -> str:
        """The kernel's name in the scan."""
        return self.kernel["name"]

    @cached_property
    def block(self) -> dict[str, Any]:
        """The kernel's block, with the ensemble's defaults for keys that it leaves open."""
        return {**self.ensemble.defaults.get(self.kernel["kernel"], {}), **self.kernel}

    @property
    def chain_name(self) -> str:
        """The chain's name in its run: no two ensembles share their random numbers."""
        return f"{self.ensemble.name}-{self.kernel_name}"

    @property
    def place(self) -> Path:
        """Where its run lies, relative to the folder of all runs."""
        return Path(self.ensemble.name, self.kernel_name)

    @property
    def extent(self) -> int:
        """L, the largest extent of the lattice."""
        return max(self.ensemble.theory["shape"])

    @property
    def uses_model(self) -> bool:
        """Whether a flow has to be trained first."""
        return "model" in self.block

    @property
    def fixed_samples(self) -> int | None:
        """Samples per chain where the block fixes them."""
        return self.block.get("n_samples")

    @property
    def fixed_lengths(self) -> Lengths | None:
        """What the block fixes, or ``None`` where a pilot has to be made.

        There is none before a flow, which would have to be trained for it.
        """
        block = self.block
        if not (self.uses_model or "n_samples" in block or {"thin", "warm_up"} <= set(block)):
            return None
        warm_up = _PILOT_WARM_UP
        if self.uses_model:
            warm_up = kernels_by_kind()[block["kernel"]].warm_up_from_own_draw
        return Lengths(
            block.get("n_samples", SHORTEST), block.get("thin", 1), block.get("warm_up", warm_up)
        )

    @cached_property
    def pilot(self) -> RunConfig:
        """The configuration of the pilot, to be lengthened as needed."""
        lengths = Lengths(SHORTEST, 1, self.block.get("warm_up", _PILOT_WARM_UP))
        return self._config(f"{self.chain_name}-pilot", lengths)

    def config(self, lengths: Lengths) -> RunConfig:
        """The configuration of the run.

        Raises:
            ConfigError: with the key as it stands in the scan's file.
        """
        return self._config(self.chain_name, lengths)

    def check(self) -> None:
        """Refuse what cannot be run, before anything is.

        Raises:
            ConfigError: the theory or the kernel is wrong, or they do not go together.
        """
        config = self.config(self.fixed_lengths or Lengths(SHORTEST, 1, _PILOT_WARM_UP))
        try:
            check_buildable(config)
        except ConfigError as error:
            raise self._located(error, self.chain_name) from None

    def _config(self, chain_name: str, lengths: Lengths) -> RunConfig:
        raw: dict[str, Any] = {"seed": self.seed, "theory": self.ensemble.theory}
        if self.observables is not None:
            raw["observables"] = self.observables
        block = dict(self.block)
        for part in ("model", "training"):
            if part in block:
                raw[part] = block.pop(part)
        usual = {**self._start(), **_storage(block, lengths)}
        chosen = {
            "name": chain_name,
            "n_samples": lengths.n_samples,
            "thin": lengths.thin,
            "warm_up": lengths.warm_up,
        }
        chain = {**usual, **block, **chosen}
        try:
            config = config_from({**raw, "chains": [chain]})
            if "n_chains" in chain:
                return config
            chain["n_chains"] = _n_chains(config.theory)
            return config_from({**raw, "chains": [chain]})
        except ConfigError as error:
            raise self._located(error, chain_name) from None

    def _start(self) -> dict[str, str]:
        # From an ordered start molecular dynamics is stable at any reasonable step size.
        return {} if self.uses_model else {"start": "cold"}

    def _located(self, error: ConfigError, chain_name: str) -> ConfigError:
        """The same error with the key as it stands in the scan."""
        message = str(error).removeprefix(f"{error.key}: ")
        kernel = f"kernels.{self.kernel_name}"
        for inside, outside in (
            ("chains.0", kernel),
            (f"chains.{chain_name}", kernel),
            ("chains", kernel),
            ("model", f"{kernel}.model"),
            ("training", f"{kernel}.training"),
            ("theory", f"ensembles.{self.ensemble.name}.theory"),
        ):
            if error.key == inside or error.key.startswith(f"{inside}."):
                return ConfigError(outside + error.key.removeprefix(inside), message)
        return ConfigError(error.key or kernel, message)


def _n_chains(theory: TheorySettings) -> int:
    """Many chains on small lattices; fewer where their fields are large."""
    at_once = _NUMBERS_AT_ONCE // theory.build().space.n_numbers
    return min(max(at_once, _FEWEST_CHAINS), _MOST_CHAINS)


def _storage(block: Mapping[str, Any], lengths: Lengths) -> dict[str, Any]:
    """How many samples go into a file, and how often a configuration is kept."""
    segment = block.get("segment", min(SEGMENT, lengths.n_samples))
    return {
        "segment": segment,
        "configurations_every": _SEGMENTS_PER_CONFIGURATION * segment
        if isinstance(segment, int)
        else 0,
    }


def points_of(settings: ScanSettings) -> list[Point]:
    """Every ensemble with every kernel, ensemble by ensemble, in the order of the settings."""
    return [
        Point(ensemble, kernel, settings.seed, settings.observables)
        for ensemble in settings.ensembles
        for kernel in settings.kernels
    ]
