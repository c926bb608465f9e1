"""The results of a run in a few lines of text."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from latflow.reports import value_with_error

_ORDER = (
    "m", "abs_m", "chi2", "chi_absM", "phi2", "phi4", "ising_energy", "xi_2nd", "mpL", "mpL_all",
    "binder_U4", "action", "schwinger_dyson",
)  # fmt: skip
_WIDTH_OF_A_FILE = 160


def print_summary(summary: Mapping[str, Any]) -> None:
    """Print the summary's table and lines to standard output."""
    console = Console(
        width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False, markup=False
    )
    if summary["chains"]:
        console.print(_table(summary))
    for line in _lines(summary):
        console.print(line, soft_wrap=True)


def _table(summary: Mapping[str, Any]) -> Table:
    chains, reference = summary["chains"], summary["reference"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("observable")
    for name in chains:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("tau_int", justify="right", no_wrap=True)
        table.add_column("pull", justify="right", no_wrap=True)
    table.add_column("reference", justify="right", no_wrap=True)
    measured = {name for content in chains.values() for name in content["observables"]}
    for name in sorted(measured, key=lambda name: (_rank(name), name)):
        cells = [name]
        for content in chains.values():
            entry = content["observables"].get(name, {})
            cells.append(value_with_error(entry.get("value"), entry.get("error")))
            cells.append(value_with_error(entry.get("tau_int"), entry.get("tau_int_error")))
            cells.append(_pull(entry.get("pull")))
        known = reference.get(name)
        cells.append(value_with_error(known["value"], known["error"]) if known else "")
        table.add_row(*cells)
    return table


def _lines(summary: Mapping[str, Any]) -> list[str]:
    lines = []
    training, log_z = summary.get("training"), summary.get("log_z")
    if training is not None:
        lines += [_stage(stage) for stage in training.get("stages", ())]
        ess = value_with_error(training["ess"], training["ess_error"])
        lines.append(
            f"training: {training['steps']} steps in {training['seconds']:.1f} s, ESS = {ess}"
        )
    if log_z is not None:
        known = summary["reference"].get("log_z")
        text = f"log Z = {value_with_error(log_z['value'], log_z['error'])}"
        if known is not None:
            number = value_with_error(known["value"], known["error"])
            text += f", reference {number}, pull {_pull(log_z['pull'])}"
        lines.append(text)
    ratio = summary.get("log_z_ratio")
    if ratio is not None and ratio["value"] is not None:
        lines.append(f"log Z/Z' = {value_with_error(ratio['value'], ratio['error'])}")
    for name, content in summary["chains"].items():
        lines.append(
            f"{name}: {content['n_chains']} x {content['n_samples']} samples in "
            f"{content['seconds']:.1f} s, acceptance {content['acceptance']:.3f}"
        )
        lines += [f"  warning: {warning}" for warning in content["warnings"]]
    even = summary.get("break_even")
    if even is not None:
        lines.append(
            f"break-even: {even['reason']} ({even['flow']['chain']} "
            f"{even['flow']['seconds']:.2g} s, {even['classical']['chain']} "
            f"{even['classical']['seconds']:.2g} s per independent sample)"
        )
    return lines


def _stage(stage: Mapping[str, Any]) -> str:
    shape = " x ".join(map(str, stage["shape"]))
    couplings = "".join(f", {name} = {value:g}" for name, value in stage["couplings"].items())
    numbers = ", ".join(
        f"{words} = {value_with_error(stage[name], stage[f'{name}_error'])}"
        for words, name in (("ESS", "ess"), ("Var(log w)", "log_weight_variance"))
    )
    return (
        f"stage {shape}{couplings}: {stage['steps']} steps in {stage['seconds']:.1f} s, {numbers}"
    )


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _pull(pull: float | None) -> str:
    return "" if pull is None else f"{pull:+.1f}"
