"""``latflow derivative``: how results depend on a coupling, without another run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from latflow.cli._text import Column, say, say_columns, say_json
from latflow.cli.process import wake_jax


def derivative(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    coupling: Annotated[
        str, typer.Option("--coupling", metavar="KEY", help="A number of [theory], as kappa.")
    ],
    chain: Annotated[
        list[str] | None, typer.Option("--chain", metavar="NAME", help="Only this chain.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep them in the run: its report shows them.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Derivatives of log Z and of what was measured, from the stored configurations.

    By connected correlators, and with the variance reduced by infinitesimal maps of the field
    where the theory knows some. Of log Z also from draws of the model, along their way through the
    flow if that is conditional on the coupling.
    """
    wake_jax()
    from latflow.reports import write_report
    from latflow.reports.text import value_with_error
    from latflow.runs import (
        RunFolder,
        derivative_content,
        derivatives,
        finite,
        keep_derivative,
        model_log_z_derivative,
        to_json,
    )

    folder = RunFolder(run)
    of_model = None if chain else model_log_z_derivative(folder, coupling)
    found = derivatives(folder, coupling, chain or None, required=of_model is None)
    content = derivative_content(coupling, of_model, found)
    if keep:
        keep_derivative(folder, content)
        if (folder.results_path / "summary.json").exists():
            write_report(folder)
    if json:
        say_json(to_json(finite(content)))
        return
    model, chains = content["model"], content["chains"]
    if model is not None:
        say(f"model: d/d{coupling} from its draws")
        _table(model, value_with_error)
    for name, entry in chains.items():
        say(f"{name}: d/d{coupling} from {entry['n_configurations']} configurations")
        _table({"log Z": entry["log_z"], **entry["recorded"]}, value_with_error)


def _table(entries: Mapping[str, Mapping[str, Any]], text: Any) -> None:
    rows = [
        (
            name,
            text(one["value"], one["error"]),
            text(one["plain"]["value"], one["plain"]["error"]),
            text(one["variance_ratio"], one["variance_ratio_error"]),
        )
        for name, one in entries.items()
    ]
    names, values, plain, ratios = zip(*rows, strict=True)
    say_columns(
        [Column("of", names, is_text=True)],
        [[Column("derivative", values)], [Column("plain", plain)], [Column("variance", ratios)]],
    )
