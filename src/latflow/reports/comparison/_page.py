"""The page of a comparison: tables and figures in one file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from latflow.reports.comparison._compare import Comparison, compare, named
from latflow.reports.comparison._figures import costs, pulls, pulls_of
from latflow.reports.comparison._tables import cost_table, result_tables, run_table
from latflow.reports.data import Labels
from latflow.reports.figures import to_svg
from latflow.reports.page import Section, filled
from latflow.runs import RunFolder, observables_of, write_text


def write_comparison(runs: Sequence[Path | str | RunFolder], path: Path) -> Comparison:
    """Write the page of several measured runs: one HTML file that needs nothing else.

    Args:
        runs: run folders, with two chains or more in all.
        path: of the file; an older one is replaced at once when it is complete.

    Returns:
        What the page shows, as numbers.

    Raises:
        ConfigError: fewer than two chains in all, or a run is given twice.
        RunFolderError: a run is none, or has not been measured, or the file cannot be written.
    """
    folders, comparison = named(runs), compare(runs)
    labels = _labels(folders)
    page = filled(
        "comparison.html",
        title=", ".join(folders),
        runs=run_table(folders),
        results=result_tables(comparison, labels),
        costs=cost_table(comparison, labels),
        theory_differs=comparison.theory_differs,
        sections=_sections(comparison, labels),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    write_text(path, page)
    return comparison


def _labels(folders: Mapping[str, RunFolder]) -> Labels:
    """Of everything that any of the runs measures."""
    quantities, slow = [], []
    for folder in folders.values():
        config = folder.config()
        for one in observables_of(config, config.theory.build()):
            quantities += one.quantities
            slow += one.slow
    return Labels(quantities, slow)


def _sections(comparison: Comparison, labels: Labels) -> list[Section]:
    found = pulls_of(comparison)
    drawn = []
    if found:
        caption = Markup(
            "Every chain against what is known (exact, or published), in combined standard "
            "deviations: a line for each observable, a mark for each chain. The grey band is one "
            "standard deviation, dotted lines are three. Of many numbers a third lies outside of "
            "the band; marks of one chain are correlated with each other."
        )
        figure = pulls(found, comparison.columns, labels)
        drawn.append(("pulls", "Pulls", figure, caption))
    caption = Markup(
        "A line for each chain, with errors. Left: the largest τ<sub>int</sub> of its slow "
        "observables, in stored samples; ½ is independent. Then what an independent sample costs, "
        "2τ<sub>int</sub> · time per sample, in seconds of the machine that ran it, without "
        "training, warm-up and compilation. ESS: the share of the model’s draws that counts, for "
        "chains that draw on one. Times of different or busy machines compare nothing."
    )
    drawn.append(("costs", "Autocorrelation and costs", costs(comparison), caption))
    return [
        Section(name, title, Markup(to_svg(figure, name, title, caption.striptags())), caption)
        for name, title, figure, caption in drawn
    ]
