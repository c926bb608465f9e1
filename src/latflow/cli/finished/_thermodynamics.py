"""``latflow thermodynamics``: log Z, its derivative and the entropy, from finished runs."""

from pathlib import Path
from typing import Annotated

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
    from latflow.runs import RunFolder, ThermodynamicCurve, curve_content, finite, to_json
    from latflow.runs import thermodynamics as of_run

    found = [(path, curve) for path in runs for curve in of_run(RunFolder(path))]
    if json:
        content = [{"run": str(path), **curve_content(curve)} for path, curve in found]
        say_json(to_json(finite(content)))
        return

    def columns(curve: ThermodynamicCurve, title: str, name: str) -> list[Column]:
        """Estimates, and what is known exactly where something is."""
        found = [getattr(state, name) for state in curve.states]
        known = [getattr(state, name) for state in curve.exact]
        texts = ["" if x is None else value_with_error(x.value, x.error) for x in found]
        exact = ["" if x is None else f"{x:.6g}" for x in known]
        beside = [Column("exact", tuple(exact))] if any(exact) else []
        return [Column(title, tuple(texts)), *beside] if any(texts) else []

    for path, curve in found:
        what = "log Z minus that of t = 0" if curve.is_relative else "log Z"
        say(f"{path}, {curve.source}: {what}")
        for doubt in curve.doubts:
            say(f"In doubt: {doubt}")
        say_columns(
            [
                Column("t", tuple(f"{state.time:.4f}" for state in curve.states), is_text=True),
                *(
                    Column(name, tuple(f"{value:.6g}" for value in values))
                    for name, values in curve.couplings.items()
                ),
            ],
            [
                columns(curve, "log Z", "log_z"),
                columns(curve, "d log Z/dt", "slope"),
                columns(curve, "entropy", "entropy"),
            ],
        )
