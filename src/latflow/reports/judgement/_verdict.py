"""The headline: the result of a run in a few numbers and plain sentences."""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from markupsafe import Markup

from latflow.reports.data import Labels, RunReport
from latflow.reports.judgement._comparison import (
    DISAGREEMENT,
    TENSION,
    Pull,
    compared_pairs,
    largest,
    log_z_pull,
    pulls_against_reference,
    pulls_between_chains,
)
from latflow.reports.text import (
    pull_text,
    value_with_error,
)

Mood = Literal["good", "doubtful", "bad", "neutral"]


class Card(NamedTuple):
    """One number of the headline, with what it is and how it is to be taken."""

    name: Markup | str
    number: str
    remark: Markup | str
    mood: Mood


def cards(report: RunReport) -> list[Card]:
    """The numbers of the headline that this run has."""
    found: list[Card] = []
    if report.doubts:
        title = report.doubts[0].partition(":")[0]
        found.append(Card("model", "no result", title, "bad"))
    for chain in report.chains:
        if chain.has_no_result:
            title = chain.warnings[0].partition(":")[0] if chain.warnings else "in doubt"
            found.append(Card(chain.name, "no result", title, "bad"))
    if report.ess is not None:
        found.append(
            Card(
                "effective sample size",
                value_with_error(report.ess.value, report.ess.error),
                f"of 1: {_ess_words(report.ess.value)}",
                _ess_mood(report.ess.value),
            )
        )
    for one, other in compared_pairs(report)[:2]:
        worst = largest(pulls_between_chains(report, one, other))
        if worst is not None:
            found.append(_pull_card(report.labels, worst, f"{one.name} against {other.name}"))
    against = [pull for chain in report.chains for pull in pulls_against_reference(report, chain)]
    worst = largest(against)
    if worst is not None:
        found.append(_pull_card(report.labels, worst, "against the reference"))
    if report.log_z is not None:
        pull = log_z_pull(report)
        remark = "no reference" if math.isnan(pull) else f"{pull_text(pull)} σ from the reference"
        number = value_with_error(report.log_z.value, report.log_z.error)
        mood = "neutral" if math.isnan(pull) else _pull_mood(pull)
        found.append(Card(report.labels.of("log_z").html, number, remark, mood))
    back = report.log_z_backward
    if report.log_z is not None and back is not None:
        pull = (report.log_z.value - back.value) / math.hypot(report.log_z.error, back.error)
        title = Markup("{}, annealed back").format(report.labels.of("log_z").html)
        remark = f"{pull_text(pull)} σ between the directions"
        found.append(
            Card(title, value_with_error(back.value, back.error), remark, _pull_mood(pull))
        )
    if report.log_z_ratio is not None and math.isfinite(report.log_z_ratio.value):
        number = value_with_error(report.log_z_ratio.value, report.log_z_ratio.error)
        title = Markup("log <i>Z</i>/<i>Z</i>′")
        found.append(Card(title, number, "Z′: the prior's, unknown", "neutral"))
    return found


def sentences(report: RunReport) -> list[Markup]:
    """The verdict in plain words."""
    said: list[Markup] = []
    pairs = compared_pairs(report)
    if pairs:
        other = Markup("<b>{}</b>").format(pairs[0][1].name)
        pulls = {one.name: pulls_between_chains(report, one, against) for one, against in pairs}
        said += _agreements(report.labels, pulls, other)
    known = {chain.name: pulls_against_reference(report, chain) for chain in report.chains}
    known = {name: pulls for name, pulls in known.items() if pulls}
    found = [pull.observable for pulls in known.values() for pull in pulls]
    only_identities = report.identities.issuperset(found)
    name = "exact <b>identities</b>" if only_identities else "<b>reference</b>"
    said += _agreements(report.labels, known, Markup("the " + name))
    if report.chains and only_identities:
        said.append(Markup("No numbers to compare with are known for this theory and lattice."))
    return said


def _agreements(labels: Labels, pulls: Mapping[str, list[Pull]], other: Markup) -> list[Markup]:
    """One sentence for all that agree with another source, and one for each that does not."""
    worst = {name: found for name, values in pulls.items() if (found := largest(values))}
    agreeing = [name for name, pull in worst.items() if _pull_mood(pull.value) == "good"]
    said = []
    if agreeing:
        everything = [pull for name in agreeing for pull in pulls[name]]
        said.append(_agreement(labels, agreeing, other, everything))
    said += [
        _agreement(labels, [name], other, pulls[name]) for name in worst if name not in agreeing
    ]
    return said


def _agreement(labels: Labels, names: list[str], other: Markup, pulls: list[Pull]) -> Markup:
    worst = max(pulls, key=lambda pull: abs(pull.value))
    verb = {
        "good": Markup("agree"),
        "doubtful": Markup("are in <b>tension</b>"),
        "bad": Markup("<b>disagree</b>"),
    }[_pull_mood(worst.value)]
    everyone = Markup(", ").join(Markup("<b>{}</b>").format(name) for name in names)
    of_which = f" of {worst.source}" if len(names) > 1 else ""
    number = f"the largest of {len(pulls)} pulls" if len(pulls) > 1 else "the only pull"
    return Markup("{} and {} {}: {} is {} σ ({}{}).").format(
        everyone,
        other,
        verb,
        number,
        pull_text(worst.value),
        labels.of(worst.observable).html,
        of_which,
    )


def _pull_card(labels: Labels, worst: Pull, name: str) -> Card:
    chain = f" of {worst.source}" if worst.against == "reference" else ""
    return Card(
        name,
        f"{pull_text(worst.value)} σ",
        Markup("largest pull, {}{}").format(labels.of(worst.observable).html, chain),
        _pull_mood(worst.value),
    )


def _pull_mood(pull: float) -> Literal["good", "doubtful", "bad"]:
    if abs(pull) <= TENSION:
        return "good"
    return "doubtful" if abs(pull) <= DISAGREEMENT else "bad"


def _ess_words(ess: float) -> str:
    for lowest, words in (
        (0.8, "close to the target"),
        (0.4, "good"),
        (0.1, "usable"),
        (0.0, "far from the target"),
    ):
        if ess >= lowest:
            return words
    return "not known"


def _ess_mood(ess: float) -> Mood:
    if ess >= 0.4:
        return "good"
    return "doubtful" if ess >= 0.1 else "bad"
