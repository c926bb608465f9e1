"""One chain of a run, as plain numbers and arrays."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Shaped

from latflow.analysis import GammaResult, gamma_method
from latflow.observables import SlowSeries
from latflow.runs import WarmUpHistory


@dataclass(frozen=True)
class Measured:
    """A measured number; NaN for whatever is not known.

    ``in_doubt`` where the samples themselves say that the value cannot be trusted: it then has no
    error and no autocorrelation time. ``tau_int_at_least`` is known instead for a quantity that
    never changed in a way that must be seen: its value is that of the start, and no result.
    """

    value: float
    error: float
    tau_int: float = math.nan
    tau_int_error: float = math.nan
    tau_int_at_least: float = math.nan
    in_doubt: bool = False

    @property
    def is_frozen(self) -> bool:
        """Whether the chain did not move in this quantity."""
        return not math.isnan(self.tau_int_at_least)


@dataclass(frozen=True)
class EntryCost:
    """What an independent sample of one entry of a slow vector costs; NaN for what is not known.

    Attributes:
        at: where the entry stands; ``None`` where that is not known.
        tau_int, tau_int_error: in samples.
        seconds, cpu_seconds: per independent sample.
    """

    at: tuple[int, ...] | None
    tau_int: float
    tau_int_error: float
    seconds: float
    cpu_seconds: float

    @property
    def error(self) -> float:
        """Statistical error of ``seconds``."""
        return self.seconds * self.tau_int_error / self.tau_int

    def named(self, name: str) -> str:
        """Its name with its place behind: "slowest mode (1, 0)"."""
        return name if self.at is None else f"{name} ({', '.join(map(str, self.at))})"


@dataclass(frozen=True)
class Memories:
    """Autocorrelation times of the entries of a slow vector; NaN for what is not known.

    Attributes:
        at: where each entry stands.
        tau_int, tau_int_error: in samples.
        costs: of the named entries and of the slowest, by name.
    """

    at: tuple[tuple[int, ...], ...]
    tau_int: Float[np.ndarray, " entries"]
    tau_int_error: Float[np.ndarray, " entries"]
    costs: dict[str, EntryCost]


@dataclass(frozen=True)
class Reference:
    """A number to compare with, and where it comes from."""

    value: float
    error: float
    source: str


@dataclass(frozen=True)
class ChainReport:
    """One ``[[chains]]`` block: its samples and what was measured on them.

    Attributes:
        kernel: the name of its kernel; ``kernel_label`` is for people.
        uses_model: whether the kernel draws on the trained model.
        lowest_acceptance: below it there is something to be done: ``remedy``.
        measurements: what was recorded of each configuration.
        infos: what the kernel reports per transition.
        configurations: the arrays of stored fields, by name.
        observables: results by name.
        references: what is known, by name.
        slow: the series whose autocorrelation counts.
        start: how the chains started: ``hot``, ``cold`` or ``prior``.
        warm_up_steps: transitions of the warm-up.
        warm_up: its history; empty where there is none.
        seconds_per_sample: NaN where it is not known.
        cpu_seconds, warm_up_cpu_seconds, cpu_seconds_per_sample: processor time; NaN where that is
            not known.
        compiling_seconds, compiling_cpu_seconds: spent on compiling for warm-up and sampling; NaN
            where that is in their times.
        cost_warnings: what makes these times too long.
        memories: autocorrelation of the entries of slow vectors, by name.
    """

    name: str
    kernel: str
    kernel_label: str
    uses_model: bool
    lowest_acceptance: float
    remedy: str
    n_chains: int
    n_samples: int
    thin: int
    acceptance: float
    seconds: float
    seconds_per_sample: float
    warm_up_seconds: float
    tuned: dict[str, float]
    measurements: dict[str, Shaped[np.ndarray, "chains samples ..."]]
    infos: dict[str, Shaped[np.ndarray, "chains samples"]]
    configurations: dict[str, Shaped[np.ndarray, "chains kept *field"]]
    observables: dict[str, Measured]
    references: dict[str, Reference]
    warnings: tuple[str, ...]
    slow: tuple[SlowSeries, ...]
    start: str
    warm_up_steps: int
    warm_up: WarmUpHistory
    cpu_seconds: float
    warm_up_cpu_seconds: float
    cpu_seconds_per_sample: float
    cost_warnings: tuple[str, ...]
    compiling_seconds: float = math.nan
    compiling_cpu_seconds: float = math.nan
    memories: dict[str, Memories] = field(default_factory=dict)

    @cached_property
    def slow_series(self) -> dict[str, Shaped[np.ndarray, "chains samples"]]:
        """The slow series that were recorded and are finite, by name of what they make."""
        found = {}
        for one in self.slow:
            try:
                values = np.asarray(one.of(self.measurements), dtype=np.float64)
            except KeyError:  # not recorded
                continue
            if np.isfinite(values).all():
                found[one.name] = values
        return found

    @cached_property
    def frozen(self) -> dict[str, float]:
        """Lower bounds on the autocorrelation time of what never moved, by name, in samples."""
        return {
            name: one.tau_int_at_least for name, one in self.observables.items() if one.is_frozen
        }

    @property
    def has_no_result(self) -> bool:
        """Whether everything that was measured is in doubt: no number of it may be shown."""
        return bool(self.observables) and all(one.in_doubt for one in self.observables.values())

    @cached_property
    def memory(self) -> dict[str, GammaResult]:
        """Autocorrelation of the slow series by name, but for what is in doubt or constant."""
        found = {}
        for name, values in self.slow_series.items():
            known = self.observables.get(name)
            if known is None or not (known.in_doubt or known.is_frozen):
                result = gamma_method(values)
                if np.isfinite(result.tau_int):
                    found[name] = result
        return found

    @cached_property
    def stored(self) -> dict[str, Shaped[np.ndarray, "stored *field"]]:
        """The stored configurations in a row, by name of the array; the oldest first."""
        return {
            name: array.swapaxes(0, 1).reshape(-1, *array.shape[2:])
            for name, array in self.configurations.items()
        }
