"""Reading a run once, and making what it holds uniform."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from latflow.analysis import KnownNumber, gamma_method
from latflow.kernels import KernelSettings
from latflow.observables import Observable
from latflow.reports.data._chain_report import (
    ChainReport,
    EntryCost,
    Measured,
    Memories,
    Reference,
)
from latflow.reports.data._labels import ENERGY_VIOLATION, Labels
from latflow.reports.data._run_report import Comparison, RunReport, number
from latflow.runs import LayerView, kept_derivatives, known_numbers, observables_of
from latflow.sampling import known_kernels

_EVALUATION = ("log_prob", "action", "log_weight", "target_log_weight")
_DETAILS = "details/"
_FIELDS = "fields/"


@runtime_checkable
class Run(Protocol):
    """What a report needs of a run; :class:`latflow.runs.RunFolder` is one."""

    path: Path
    results_path: Path

    def config(self) -> Any:
        """The configuration: a :class:`latflow.runs.RunConfig`."""

    def summary(self) -> dict[str, Any]:
        """Every result."""
        ...

    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from."""
        ...

    def training_metrics(self) -> dict[str, np.ndarray]:
        """Training metrics per step by name; empty if none."""
        ...

    def evaluation(self) -> Any:
        """Fresh samples of the trained model."""

    def layers(self) -> LayerView | None:
        """The field after every block of layers, where there are some."""

    def chain_names(self) -> tuple[str, ...]:
        """Names of the chains that have samples."""
        ...

    def chain(self, name: str) -> Any:
        """All samples of one chain: a :class:`latflow.runs.ChainData`."""


def collect(run: Run) -> RunReport:
    """Everything a report shows of a run; what is missing is left empty."""
    config, summary = run.config(), run.summary()
    resolved = config.resolved()
    theory = config.theory.build()
    observables = observables_of(config, theory)
    blocks = {block.get("name"): block for block in resolved.get("chains", ())}
    log_z, shared = summary.get("log_z") or {}, summary.get("reference") or {}
    evaluation = run.evaluation() or {}
    return RunReport(
        theory=config.theory,
        space=theory.space,
        symmetries=theory.symmetries,
        observables=observables,
        slow_vectors=tuple(v for one in observables for v in one.slow_vectors(theory)),
        labels=Labels(
            [quantity for one in observables for quantity in one.quantities],
            [series for one in observables for series in one.slow],
        ),
        seed=summary.get("seed", resolved.get("seed")),
        config=resolved,
        summary=summary,
        provenance=run.provenance(),
        training=dict(summary.get("training") or {}),
        metrics={k: np.asarray(v, dtype=float) for k, v in run.training_metrics().items()},
        evaluation={name: evaluation[name] for name in _EVALUATION if name in evaluation},
        details={
            name.removeprefix(_DETAILS): array
            for name, array in evaluation.items()
            if name.startswith(_DETAILS)
        },
        proposals={
            name.removeprefix(_FIELDS): array
            for name, array in evaluation.items()
            if name.startswith(_FIELDS)
        },
        derivatives=tuple(kept_derivatives(run)),
        layers=run.layers(),
        log_z=_known_or_none(log_z),
        log_z_constant=number(log_z.get("constant", 0.0)),
        log_z_reference=_reference(shared.get("log_z")),
        log_z_ratio=_known_or_none(summary.get("log_z_ratio") or {}),
        comparisons=tuple(
            _comparisons(known_numbers(theory, observables), shared, summary.get("chains") or {})
        ),
        chains=tuple(
            _chain(
                run.chain(name),
                blocks.get(name, {}),
                (summary.get("chains") or {}).get(name) or {},
                observables,
            )
            for name in run.chain_names()
        ),
    )


def _chain(
    data: Any,
    block: Mapping[str, Any],
    results: Mapping[str, Any],
    observables: tuple[Observable, ...],
) -> ChainReport:
    kernel = str(results.get("kernel", block.get("kernel", "unknown")))
    facts = _kernel_facts(kernel)
    start = str(block.get("start", "auto"))
    if start == "auto":
        start = "prior" if facts.draws_its_own else "hot"
    measured = {k: _measured(v) for k, v in (results.get("observables") or {}).items()}
    known = results.get("reference") or {}
    references = {name: _reference(entry) for name, entry in known.items()}
    name = ENERGY_VIOLATION.name
    no_result = bool(measured) and all(one.in_doubt for one in measured.values())
    if name in data.infos and np.isfinite(data.infos[name]).all() and not no_result:
        result = gamma_method(np.asarray(data.infos[name], dtype=np.float64))
        measured[name] = Measured(
            float(result.value),
            float(result.error),
            float(result.tau_int),
            float(result.tau_int_error),
        )
        references[name] = Reference(1.0, 0.0, "exact: phase-space volume")
    return ChainReport(
        name=data.name,
        kernel=kernel,
        kernel_label=str(results.get("kernel_label") or facts.label or kernel),
        uses_model=bool(results.get("needs_model", facts.needs_model)),
        lowest_acceptance=facts.lowest_acceptance,
        remedy=facts.remedy,
        n_chains=data.n_chains,
        n_samples=data.n_samples,
        thin=int(block.get("thin", 1)),
        acceptance=number(results.get("acceptance", np.mean(data.infos["acceptance"]))),
        seconds=number(data.seconds),
        seconds_per_sample=number(data.seconds_per_sample),
        warm_up_seconds=number(data.warm_up_seconds),
        tuned=dict(data.tuned),
        measurements=dict(data.measurements),
        infos=dict(data.infos),
        configurations=dict(data.configurations),
        observables=measured,
        references={name: r for name, r in references.items() if r is not None},
        warnings=tuple(results.get("warnings") or ()),
        slow=tuple(series for one in observables for series in one.slow),
        start=start,
        warm_up_steps=int(block.get("warm_up", 0)),
        warm_up=data.warm_up,
        cpu_seconds=number(data.cpu_seconds),
        warm_up_cpu_seconds=number(data.warm_up_cpu_seconds),
        cpu_seconds_per_sample=number(data.cpu_seconds_per_sample),
        cost_warnings=tuple(results.get("cost_warnings") or ()),
        compiling_seconds=number(data.compiling_seconds),
        compiling_cpu_seconds=number(data.compiling_cpu_seconds),
        memories={k: _memories(v) for k, v in (results.get("slow_vectors") or {}).items()},
    )


def _kernel_facts(kernel: str) -> type[KernelSettings]:
    """The settings of a kernel; the general ones if its package is not there any more."""
    for settings in known_kernels():
        if settings.model_fields["kernel"].default == kernel:
            return settings
    return KernelSettings


def _comparisons(
    numbers: Mapping[str, KnownNumber], shared: Mapping[str, Any], chains: Mapping[str, Any]
) -> Iterator[Comparison]:
    """What is known beside the observables: published numbers, autocorrelation times."""
    for name, known in numbers.items():
        entry = shared.get(name) or {}
        reference, is_tau = _reference(entry), known.of == "tau_int"
        if reference is None or not (is_tau or name != known.compares_with):
            continue
        chain = entry.get("chain")
        observables = (chains.get(str(chain)) or {}).get("observables") or {}
        measured = observables.get(known.compares_with)
        own = None if measured is None else _measured(measured)
        if own is not None and is_tau:
            own = Measured(own.tau_int, own.tau_int_error)
        yield Comparison(
            compares_with=known.compares_with,
            is_tau=is_tau,
            words=known.words,
            reference=reference,
            chain=chain,
            number=own,
            pull=number(entry.get("pull")),
        )


def _measured(entry: Mapping[str, Any]) -> Measured:
    names = ("value", "error", "tau_int", "tau_int_error", "tau_int_at_least")
    in_doubt = bool(entry.get("in_doubt", False))
    return Measured(*(number(entry.get(name)) for name in names), in_doubt=in_doubt)


def _memories(entry: Mapping[str, Any]) -> Memories:
    at = tuple(tuple(place) for place in entry["at"])
    tau, error = (
        np.array([number(value) for value in entry.get(name) or [None] * len(at)])
        for name in ("tau_int", "tau_int_error")
    )
    return Memories(at, tau, error, {k: _entry_cost(v) for k, v in entry["costs"].items()})


def _entry_cost(entry: Mapping[str, Any]) -> EntryCost:
    return EntryCost(
        at=None if entry["at"] is None else tuple(entry["at"]),
        tau_int=number(entry["tau_int"]),
        tau_int_error=number(entry["tau_int_error"]),
        seconds=number(entry["seconds_per_independent_sample"]),
        cpu_seconds=number(entry["cpu_seconds_per_independent_sample"]),
    )


def _known_or_none(entry: Mapping[str, Any]) -> Measured | None:
    return None if entry.get("value") is None else _measured(entry)


def _reference(entry: Mapping[str, Any] | None) -> Reference | None:
    if not entry or entry.get("value") is None:
        return None
    return Reference(
        number(entry["value"]), number(entry.get("error", 0.0)), str(entry.get("source", ""))
    )
