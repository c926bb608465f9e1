"""What a report shows of a run, as plain numbers and arrays: nothing here is formatted."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from latflow.analysis import Estimate, GammaResult, gamma_method
from latflow.reports.data._losses import Loss, loss_of
from latflow.runs import LayerView


@dataclass(frozen=True)
class Quantity:
    """A measured number; NaN for whatever is not known."""

    value: float
    error: float
    tau_int: float = math.nan
    tau_int_error: float = math.nan


@dataclass(frozen=True)
class Reference:
    """A number to compare with, and where it comes from."""

    value: float
    error: float
    source: str


@dataclass(frozen=True)
class Comparison:
    """A number that is known beside the observables, such as a published one.

    ``number`` is the run's own, with its pull; both may be missing.
    """

    name: str
    reference: Reference
    chain: str | None
    number: Quantity | None
    pull: float


@dataclass(frozen=True)
class ChainReport:
    """One ``[[chains]]`` block: its samples and what was measured on them.

    ``uses_model`` says whether its kernel draws on the trained model.
    """

    name: str
    kernel: str
    uses_model: bool
    n_chains: int
    n_samples: int
    thin: int
    acceptance: float
    seconds: float
    seconds_per_sample: float
    warm_up_seconds: float
    tuned: dict[str, float]
    measurements: dict[str, Shaped[np.ndarray, "chains samples *rest"]]
    infos: dict[str, Shaped[np.ndarray, "chains samples"]]
    configurations: Float[np.ndarray, "stored *lattice"]
    observables: dict[str, Quantity]
    references: dict[str, Reference]
    warnings: tuple[str, ...]

    @cached_property
    def memory(self) -> dict[str, GammaResult]:
        """Autocorrelation of M, M² and E, by the names of the observables they make."""
        series: dict[str, np.ndarray] = {}
        if "m" in self.measurements:
            series["m"] = self.measurements["m"]
            series["chi2"] = np.asarray(self.measurements["m"], dtype=np.float64) ** 2
        if "ising_energy" in self.measurements:
            series["ising_energy"] = self.measurements["ising_energy"]
        finite = {name: values for name, values in series.items() if np.isfinite(values).all()}
        return {name: gamma_method(values) for name, values in finite.items()}


@dataclass(frozen=True)
class RunReport:
    """A run, ready to be compared, judged and drawn."""

    theory: dict[str, Any]
    shape: tuple[int, ...]
    seed: int | None
    config: dict[str, Any]
    summary: dict[str, Any]
    provenance: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Float[np.ndarray, " steps"]]
    evaluation: dict[str, np.ndarray]
    layers: LayerView | None
    log_z: Quantity | None
    log_z_constant: float
    log_z_reference: Reference | None
    log_z_ratio: Quantity | None
    comparisons: tuple[Comparison, ...]
    chains: tuple[ChainReport, ...] = field(default=())

    @property
    def log_normalisation(self) -> float | None:
        """Logarithm of the mean weight where it is known: log Z, or log Z / Z' for a prior whose
        own partition function Z' is not known."""
        if self.summary.get("log_z_ratio") is not None:
            candidates: tuple[Quantity | Reference | None, ...] = (self.log_z_ratio,)
        else:
            candidates = (self.log_z, self.log_z_reference)
        for known in candidates:
            if known is not None and math.isfinite(known.value):
                return known.value
        return None

    @property
    def smallest_loss(self) -> float | None:
        """What the loss of training cannot fall below, where that is known."""
        known = self.log_normalisation
        return -known if known is not None and self.loss.is_divergence else None

    @property
    def loss(self) -> Loss:
        """What was minimised in training."""
        return loss_of(self.config.get("training") or {})

    @property
    def flow_chains(self) -> tuple[ChainReport, ...]:
        """The chains that draw on the model."""
        return tuple(chain for chain in self.chains if chain.uses_model)

    @property
    def classical_chains(self) -> tuple[ChainReport, ...]:
        """The chains that need no training."""
        return tuple(chain for chain in self.chains if not chain.uses_model)

    @property
    def references(self) -> dict[str, Reference]:
        """What is known, by observable."""
        merged: dict[str, Reference] = {}
        for chain in self.chains:
            merged |= chain.references
        return merged

    @property
    def ess(self) -> Estimate | None:
        """Effective sample size of the trained flow, if there is one."""
        if "ess" not in self.training:
            return None
        return Estimate(number(self.training["ess"]), number(self.training.get("ess_error")))

    @property
    def ess_from_target(self) -> Estimate | None:
        """The same from configurations of the target, where there are some."""
        if "ess_from_target" not in self.training:
            return None
        error = number(self.training.get("ess_from_target_error"))
        return Estimate(number(self.training["ess_from_target"]), error)


def number(value: Any) -> float:
    """A float; JSON's null, which stands for what is not finite, is NaN."""
    return math.nan if value is None else float(value)
