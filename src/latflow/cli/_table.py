"""The results of a run in a few lines of text."""

from collections.abc import Mapping
from typing import Any

from latflow.cli._text import Column, say, say_columns
from latflow.reports import pull_text, value_with_error


def print_summary(summary: Mapping[str, Any]) -> None:
    """Print the summary's table and lines to standard output."""
    if summary["chains"]:
        _print_observables(summary)
    for line in _lines(summary):
        say(line)


def _print_observables(summary: Mapping[str, Any]) -> None:
    """Every observable in the run's order: a value, tau_int and a pull for each chain."""
    chains, reference = summary["chains"], summary["reference"]
    names = tuple(dict.fromkeys(n for content in chains.values() for n in content["observables"]))
    if not names:
        return
    groups = [
        _columns(name, [content["observables"].get(each) for each in names])
        for name, content in chains.items()
    ]
    known = (reference.get(name) for name in names)
    numbers = tuple(value_with_error(k["value"], k["error"]) if k else "" for k in known)
    say_columns([Column("observable", names, is_text=True)], groups, [Column("reference", numbers)])


def _columns(chain: str, entries: list[Mapping[str, Any] | None]) -> list[Column]:
    """What a chain says about each observable; nothing where it did not measure it."""
    rows = [("", "", "") if entry is None else _cells(entry) for entry in entries]
    values, taus, pulls = zip(*rows, strict=True)
    return [Column(chain, values), Column("tau_int", taus), Column("pull", pulls)]


def _cells(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Value, tau_int and pull; what is in doubt is said in words, without numbers."""
    at_least = entry.get("tau_int_at_least")
    if at_least is not None:
        return "frozen", f"> {at_least:.2g}", ""
    if entry.get("in_doubt"):
        return "in doubt", "", ""
    if entry["value"] is None:
        return "undefined", "", ""
    if entry["error"] is None:
        return "no error", "", ""
    tau = value_with_error(entry["tau_int"], entry["tau_int_error"])
    return value_with_error(entry["value"], entry["error"]), tau, _pull(entry.get("pull"))


def _lines(summary: Mapping[str, Any]) -> list[str]:
    lines = []
    training, log_z = summary.get("training"), summary.get("log_z")
    if training is not None:
        lines += [line for stage in training.get("stages", ()) for line in _stage(stage)]
        lines.append(
            f"training: {training['steps']} steps in {_time(training)}{_before(training)}, "
            f"{_number_or_unknown('ESS', training, 'ess')}"
        )
        lines += _doubts(training)
    if log_z is not None and log_z["value"] is not None:
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
            f"{_time(content)}{_compiling(content)}, acceptance {content['acceptance']:.3f}"
        )
        lines += [
            _slow_vector(vector, entry) for vector, entry in content.get("slow_vectors", {}).items()
        ]
        warnings = [*content["warnings"], *content.get("cost_warnings", ())]
        lines += [f"  warning: {warning}" for warning in warnings]
    even = summary.get("break_even")
    if even is not None:
        lines.append(
            f"break-even: {even['reason']} ({even['flow']['chain']} "
            f"{even['flow']['seconds']:.2g} s, {even['classical']['chain']} "
            f"{even['classical']['seconds']:.2g} s per independent sample)"
        )
    return lines


def _slow_vector(name: str, entry: Mapping[str, Any]) -> str:
    """The memory of the entries of a slow vector that have a name, and what they cost."""
    parts = []
    for words, cost in entry["costs"].items():
        if cost["tau_int"] is None:
            parts.append(f"{words} unknown")
            continue
        place = ", ".join(map(str, cost["at"]))
        tau = value_with_error(cost["tau_int"], cost["tau_int_error"])
        seconds = cost["seconds_per_independent_sample"]
        price = "" if seconds is None else f", {seconds:.2g} s per independent sample"
        parts.append(f"{words} ({place}): tau_int {tau}{price}")
    return f"  {name}: {'; '.join(parts)}"


def _stage(stage: Mapping[str, Any]) -> list[str]:
    shape = " x ".join(map(str, stage["shape"]))
    couplings = "".join(f", {name} = {value:g}" for name, value in stage["couplings"].items())
    numbers = ", ".join(
        _number_or_unknown(words, stage, name)
        for words, name in (("ESS", "ess"), ("Var(log w)", "log_weight_variance"))
    )
    steps = f"{stage['steps']} steps in {stage['seconds']:.1f} s"
    return [f"stage {shape}{couplings}: {steps}, {numbers}", *_doubts(stage)]


def _time(content: Mapping[str, Any]) -> str:
    """Time on the clock, and of the processors where that is known."""
    cpu = content.get("cpu_seconds")
    return f"{content['seconds']:.1f} s" + ("" if cpu is None else f" (CPU {cpu:.1f} s)")


def _compiling(content: Mapping[str, Any]) -> str:
    """How much more went into compiling, where that was kept."""
    seconds = content.get("compiling_seconds")
    return "" if seconds is None else f" and {seconds:.1f} s of compiling"


def _before(training: Mapping[str, Any]) -> str:
    """How much of the training's time went into what it was built on."""
    before = training.get("seconds_before")
    return f", {before:.1f} s of them in the runs that it builds on" if before else ""


def _doubts(training: Mapping[str, Any]) -> list[str]:
    return [f"  warning: {doubt}" for doubt in training.get("doubts", ())]


def _number_or_unknown(words: str, content: Mapping[str, Any], name: str) -> str:
    if content[name] is None:
        return f"{words} unknown"
    return f"{words} = {value_with_error(content[name], content[f'{name}_error'])}"


def _pull(pull: float | None) -> str:
    return "" if pull is None else pull_text(pull)
