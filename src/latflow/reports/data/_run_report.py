"""What a report shows of a run, as plain numbers and arrays: nothing here is formatted."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from latflow.analysis import Estimate
from latflow.fields import FieldSpace
from latflow.observables import Observable, SlowVector
from latflow.reports.data._chain_report import ChainReport, Measured, Reference
from latflow.reports.data._labels import Labels
from latflow.reports.data._losses import Loss, loss_of
from latflow.runs import LayerView
from latflow.theories import TheorySettings


@dataclass(frozen=True)
class Comparison:
    """A number that is known beside the observables, such as a published one.

    Attributes:
        compares_with: the quantity that it is a number for.
        is_tau: whether it is the quantity's autocorrelation time, not its value.
        words: what it is, where that is more than the quantity's name says.
        number: the run's own, with its pull; both may be missing.
    """

    compares_with: str
    is_tau: bool
    words: str
    reference: Reference
    chain: str | None
    number: Measured | None
    pull: float


@dataclass(frozen=True, eq=False)
class RunReport:
    """A run, ready to be compared, judged and drawn.

    Attributes:
        theory: the settings of the theory, which know its title and symbols.
        space: what its fields are.
        symmetries: of its action.
        observables: what was measured, in the order of tables.
        labels: how all of it is written.
        slow_vectors: vectors of series whose autocorrelation is measured entry by entry.
        config: the resolved configuration.
        evaluation: fresh samples of the model: ``log_prob``, ``action``, ``log_weight``; of
            configurations of the target, where there are some, ``target_log_weight``.
        details: how the first of the samples came about, arrays by name.
        proposals: a few of the fields behind them, arrays by name.
        derivatives: what was kept of ``latflow derivative``, one for each coupling.
    """

    theory: TheorySettings
    space: FieldSpace
    symmetries: frozenset[str]
    observables: tuple[Observable, ...]
    labels: Labels
    seed: int | None
    config: dict[str, Any]
    summary: dict[str, Any]
    provenance: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Float[np.ndarray, " steps"]]
    evaluation: dict[str, Shaped[np.ndarray, " samples"]]
    proposals: dict[str, Shaped[np.ndarray, "stored *field"]]
    layers: LayerView | None
    log_z: Measured | None
    log_z_constant: float
    log_z_reference: Reference | None
    log_z_ratio: Measured | None
    comparisons: tuple[Comparison, ...]
    chains: tuple[ChainReport, ...] = field(default=())
    details: dict[str, Shaped[np.ndarray, "detailed ..."]] = field(default_factory=dict)
    derivatives: tuple[dict[str, Any], ...] = ()
    slow_vectors: tuple[SlowVector, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The lattice."""
        return self.space.lattice.shape

    @property
    def slow_names(self) -> tuple[str, ...]:
        """The quantities whose autocorrelation counts, in order."""
        return tuple(one.name for observable in self.observables for one in observable.slow)

    @property
    def identities(self) -> frozenset[str]:
        """Quantities that are known without knowing the theory's solution.

        They check a sampler, not a result.
        """
        return frozenset(
            name
            for name, one in self.labels.quantities.items()
            if one.identity is not None or one.vanishes_under in self.symmetries
        )

    @property
    def of_the_kernel(self) -> frozenset[str]:
        """Quantities that are no property of the theory: chains need not agree on them."""
        return frozenset(n for n, one in self.labels.quantities.items() if one.of_the_kernel)

    @property
    def log_normalisation(self) -> float | None:
        """Logarithm of the mean weight where it is known: log Z, or log Z / Z' for a prior whose
        own partition function Z' is not known."""
        if self.summary.get("log_z_ratio") is not None:
            candidates: tuple[Measured | Reference | None, ...] = (self.log_z_ratio,)
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
    def doubts(self) -> tuple[str, ...]:
        """Reasons not to believe the trained model: then there is no verdict on it."""
        return tuple(self.training.get("doubts") or ())

    @property
    def ess(self) -> Estimate | None:
        """Effective sample size of the trained flow, if there is one and the model is sound."""
        if "ess" not in self.training or self.doubts:
            return None
        return Estimate(number(self.training["ess"]), number(self.training.get("ess_error")))

    @property
    def ess_from_target(self) -> Estimate | None:
        """The same from configurations of the target, where there are some."""
        if "ess_from_target" not in self.training or self.doubts:
            return None
        error = number(self.training.get("ess_from_target_error"))
        return Estimate(number(self.training["ess_from_target"]), error)

    @property
    def log_z_backward(self) -> Estimate | None:
        """log Z of annealing back from configurations of the target, where that was done."""
        value = number(self.training.get("log_z_backward"))
        if self.doubts or not math.isfinite(value):
            return None
        return Estimate(value, number(self.training.get("log_z_backward_error")))


def number(value: Any) -> float:
    """A float; JSON's null, which stands for what is not finite, is NaN."""
    return math.nan if value is None else float(value)
