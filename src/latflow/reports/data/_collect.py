"""Reading a run once, and making what it holds uniform."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from latflow.analysis import gamma_method
from latflow.reports.data._data import (
    ChainReport,
    Comparison,
    Quantity,
    Reference,
    RunReport,
    number,
)
from latflow.runs import LayerView

# Kernels that draw on a trained model; all others are classical.
_MODEL_KERNELS = frozenset({"independence", "block-updating", "flow-local", "flow-hmc"})


@runtime_checkable
class Run(Protocol):
    """What a report needs of a run; :class:`latflow.runs.RunFolder` is one."""

    path: Path

    def config(self) -> Any:
        """The configuration: a mapping, or an object with ``resolved()`` that gives one."""

    def summary(self) -> dict[str, Any]:
        """Every result."""
        ...

    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from."""
        ...

    def training_metrics(self) -> dict[str, np.ndarray]:
        """Training metrics per step by name; empty if none."""
        ...

    def evaluation(self) -> dict[str, np.ndarray] | None:
        """Fresh samples of the trained model."""

    def layers(self) -> LayerView | None:
        """The field after every block of layers; older runs have none."""

    def chain_names(self) -> tuple[str, ...]:
        """Names of the chains that have samples."""
        ...

    def chain(self, name: str) -> Any:
        """All samples of one chain: a :class:`latflow.runs.ChainData`."""


def collect(run: Run) -> RunReport:
    """Everything a report shows of a run; what is missing is left empty."""
    raw = run.config()
    config = raw if isinstance(raw, Mapping) else raw.resolved()
    summary = run.summary()
    theory = dict(config.get("theory") or summary.get("theory") or {})
    blocks = {block.get("name"): block for block in config.get("chains", ())}
    log_z = summary.get("log_z") or {}
    shared = summary.get("reference") or {}
    return RunReport(
        theory=theory,
        shape=tuple(int(extent) for extent in theory.get("shape", ())),
        seed=summary.get("seed", config.get("seed")),
        config=dict(config),
        summary=summary,
        provenance=run.provenance(),
        training=dict(summary.get("training") or {}),
        metrics={k: np.asarray(v, dtype=float) for k, v in run.training_metrics().items()},
        evaluation=run.evaluation() or {},
        layers=run.layers(),
        log_z=_quantity(log_z) if "value" in log_z else None,
        log_z_constant=number(log_z.get("constant", 0.0)),
        log_z_reference=_reference(shared.get("log_z")),
        log_z_ratio=_quantity(summary["log_z_ratio"]) if summary.get("log_z_ratio") else None,
        comparisons=tuple(_comparisons(shared, summary.get("chains") or {})),
        chains=tuple(
            _chain(run.chain(name), blocks.get(name, {}), summary) for name in run.chain_names()
        ),
    )


def _chain(data: Any, block: Mapping[str, Any], summary: Mapping[str, Any]) -> ChainReport:
    results = (summary.get("chains") or {}).get(data.name) or {}
    kernel = str(results.get("kernel", block.get("kernel", "unknown")))
    observables = {k: _quantity(v) for k, v in (results.get("observables") or {}).items()}
    known = results.get("reference") or {}
    references = {name: _reference(entry) for name, entry in known.items()}
    if "exp_minus_delta_h" in data.infos and np.isfinite(data.infos["exp_minus_delta_h"]).all():
        result = gamma_method(np.asarray(data.infos["exp_minus_delta_h"], dtype=np.float64))
        observables["exp_minus_delta_h"] = Quantity(
            result.value, result.error, result.tau_int, result.tau_int_error
        )
        references["exp_minus_delta_h"] = Reference(1.0, 0.0, "exact: phase-space volume")
    return ChainReport(
        name=data.name,
        kernel=kernel,
        uses_model=_uses_model(results, kernel),
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
        configurations=data.configurations,
        observables=observables,
        references={name: r for name, r in references.items() if r is not None},
        warnings=tuple(results.get("warnings") or ()),
    )


def _comparisons(shared: Mapping[str, Any], chains: Mapping[str, Any]) -> Iterator[Comparison]:
    """What is known beside the observables: published numbers, autocorrelation times."""
    for name, entry in shared.items():
        reference = _reference(entry)
        tau_of = name.removesuffix("_published").removeprefix("hmc_tau_")
        is_tau = name.startswith("hmc_tau_")
        if reference is None or not (is_tau or name.endswith("_published")):
            continue
        chain = entry.get("chain")
        observables = (chains.get(chain) or {}).get("observables") or {}
        measured = observables.get(tau_of if is_tau else name.removesuffix("_published"))
        own = None if measured is None else _quantity(measured)
        if own is not None and is_tau:
            own = Quantity(own.tau_int, own.tau_int_error)
        yield Comparison(name, reference, chain, own, number(entry.get("pull")))


def _uses_model(results: Mapping[str, Any], kernel: str) -> bool:
    """What the summary says, if it does; else by the names of the kernels."""
    return bool(results.get("needs_model", kernel in _MODEL_KERNELS or kernel.startswith("flow")))


def _quantity(entry: Mapping[str, Any]) -> Quantity:
    names = ("value", "error", "tau_int", "tau_int_error")
    return Quantity(*(number(entry.get(name)) for name in names))


def _reference(entry: Mapping[str, Any] | None) -> Reference | None:
    if not entry or entry.get("value") is None:
        return None
    return Reference(
        number(entry["value"]), number(entry.get("error", 0.0)), str(entry.get("source", ""))
    )
