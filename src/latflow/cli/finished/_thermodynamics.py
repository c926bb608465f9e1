"""``latflow thermodynamics``: log Z, its derivative and the entropy, from finished runs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from latflow.cli._text import Column, say, say_columns, say_json
from latflow.cli.process import wake_jax


def thermodynamics(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """log Z, d log Z/dt and entropy along the paths of annealing, SMC, flows and exchange."""
    wake_jax()
    from latflow.reports.text import value_with_error
    from latflow.runs import RunFolder, finite, to_json
    from latflow.runs import thermodynamics as of_run

    found = [(path, curve) for path in runs for curve in of_run(RunFolder(path))]
    if json:
        say_json(to_json(finite([{"run": str(path), **_plain(curve)} for path, curve in found])))
        return
    for path, curve in found:
        what = "log Z minus that of t = 0" if curve.is_relative else "log Z"
        say(f"{path}, {curve.source}: {what}")
        states = curve.states

        def text(estimate: Any) -> str:
            return "" if estimate is None else value_with_error(estimate.value, estimate.error)

        say_columns(
            [Column("t", tuple(f"{state.time:.4f}" for state in states), is_text=True)],
            [
                [Column("log Z", tuple(text(state.log_z) for state in states))],
                [Column("exact", tuple("" if x is None else f"{x:.6g}" for x in curve.exact))],
                [Column("d log Z/dt", tuple(text(state.slope) for state in states))],
                [Column("entropy", tuple(text(state.entropy) for state in states))],
            ],
        )


def _plain(curve: Any) -> dict[str, Any]:
    def numbers(estimate: Any) -> dict[str, float] | None:
        return None if estimate is None else {"value": estimate.value, "error": estimate.error}

    return {
        "source": curve.source,
        "is_relative": curve.is_relative,
        "states": [
            {
                "t": state.time,
                "log_z": numbers(state.log_z),
                "exact_log_z": exact,
                "slope": numbers(state.slope),
                "entropy": numbers(state.entropy),
            }
            for state, exact in zip(curve.states, curve.exact, strict=True)
        ],
    }
