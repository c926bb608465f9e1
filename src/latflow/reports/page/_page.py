"""The page: a report's parts put into the template, and the file written."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from latflow.reports.data import Run, RunReport, collect, number
from latflow.reports.judgement import break_even, break_even_sentence, cards, findings, sentences
from latflow.reports.page._sections import sections
from latflow.reports.page._theory_text import lattice_text, parameters_text, theory_name
from latflow.reports.tables import (
    chain_table,
    comparison_table,
    convergence_table,
    cost_table,
    observable_tables,
    stage_table,
)
from latflow.reports.text import duration_text
from latflow.runs import to_toml, write_text


def write_report(run: Run, refresh: float | None = None) -> Path:
    """Write ``report.html`` of a run that has been measured: one file that needs nothing else.

    Args:
        run: a :class:`latflow.runs.RunFolder`.
        refresh: seconds after which a browser looks for a newer one; not given: never.

    Returns:
        Where the report was written; an older one is replaced at once when it is complete.
    """
    page = render(collect(run), refresh)
    path = run.results_path / "report.html"
    write_text(path, page)
    return path


def render(report: RunReport, refresh: float | None = None) -> str:
    """The page of a report; a browser loads it again after ``refresh`` seconds."""
    return filled(
        "report.html",
        title=f"{theory_name(report.theory)}, {lattice_text(report.shape)}",
        parameters=parameters_text(report.theory),
        action=Markup(report.theory.action_html()),
        seed=report.seed,
        date=_date(report.provenance),
        refresh=None if refresh is None else max(1, round(refresh)),
        cards=cards(report),
        sentences=sentences(report),
        break_even=break_even(report),
        break_even_sentence=break_even_sentence(report),
        findings=findings(report),
        chains=chain_table(report) if report.chains else None,
        observables=observable_tables(report) if report.chains else [],
        comparisons=comparison_table(report) if report.comparisons else None,
        convergence=convergence_table(report),
        costs=cost_table(report),
        stages=stage_table(report),
        sections=sections(report),
        timings=_timings(report),
        provenance=_flat(report.provenance),
        config=to_toml(report.config),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def filled(template: str, **values: Any) -> str:
    """A template of this room with its values, and with the style that all pages share."""
    loader = jinja2.PackageLoader("latflow.reports.page")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style = Markup(loader.get_source(environment, "report.css")[0])
    return environment.get_template(template).render(style=style, **values)


def _timings(report: RunReport) -> list[tuple[str, str]]:
    rows = []
    if "seconds" in report.training:
        before = number(report.training.get("seconds_before"))
        steps = report.training.get("steps")
        name = f"training, {steps:,} steps" if steps else "training"
        if _builds_on_runs(report.config.get("model") or {}):
            name += ", with the runs that it builds on"
            name += f" ({duration_text(before)} of it)" if math.isfinite(before) else ""
        cpu = number(report.training.get("cpu_seconds"))
        rows.append((name, _with_cpu(report.training["seconds"], cpu)))
    for chain in report.chains:
        warm_up = _with_cpu(chain.warm_up_seconds, chain.warm_up_cpu_seconds)
        rows.append((f"{chain.name}: warm-up", warm_up))
        rows.append((f"{chain.name}: sampling", _with_cpu(chain.seconds, chain.cpu_seconds)))
        if math.isfinite(chain.compiling_seconds):
            compiling = _with_cpu(chain.compiling_seconds, chain.compiling_cpu_seconds)
            rows.append((f"{chain.name}: compiling for both", compiling))
    return rows


def _with_cpu(seconds: float, cpu_seconds: float) -> str:
    text = duration_text(seconds)
    return text + (f" (CPU {duration_text(cpu_seconds)})" if math.isfinite(cpu_seconds) else "")


def _builds_on_runs(model: Mapping[str, Any]) -> bool:
    prior = model.get("prior") or {}
    return "initial" in model or "run" in prior


def _date(provenance: Mapping[str, Any]) -> str | None:
    """When the run began, as far as is known."""
    for key in ("started", "start", "created", "begin", "date"):
        if isinstance(provenance.get(key), str):
            return provenance[key][:16].replace("T", " ")
    for session in provenance.get("sessions") or ():
        if isinstance(session, Mapping) and (found := _date(session)):
            return found
    return None


def _flat(content: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested content as (dotted name, text) rows."""
    if isinstance(content, Mapping):
        rows = []
        for name, value in content.items():
            rows += _flat(value, f"{prefix}.{name}" if prefix else str(name))
        return rows
    if isinstance(content, list | tuple) and any(isinstance(x, Mapping) for x in content):
        rows = []
        for number, value in enumerate(content, start=1):
            rows += _flat(value, f"{prefix} {number}")
        return rows
    if isinstance(content, list | tuple):
        return [(prefix, " ".join(str(item) for item in content))]
    return [] if content is None else [(prefix, str(content))]
