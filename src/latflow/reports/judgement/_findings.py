"""What a reader must know before believing the numbers.

The summary of a run warns about each chain; the report adds what shows only side by side.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from latflow.reports.data import ChainReport, Labels, RunReport
from latflow.reports.judgement._comparison import (
    DISAGREEMENT,
    Pull,
    compared_pairs,
    log_z_pull,
    pulls_against_reference,
    pulls_between_chains,
)
from latflow.reports.text import plain_number, pull_text

_LOWEST_ESS = 0.1
# Both estimates scatter by factors where weights have long tails.
_SEEN_FROM_TARGET = 0.2
_FEWEST_EFFECTIVE_WEIGHTS = 100
# Training still moves if the last tenth of the steps gained this part of the remaining distance.
_STILL_MOVING = 0.1
_CLEARLY = 3.0
_FEWEST_STEPS = 50


class Finding(NamedTuple):
    """Something to be careful about.

    Attributes:
        subject: what it is about: a chain's name, or ``training``.
        title: in a few words.
        text: what was seen, and what to do.
    """

    subject: str
    title: Markup | str
    text: Markup | str


def findings(report: RunReport) -> list[Finding]:
    """All warnings of a run, the gravest first."""
    found: list[Finding] = []
    labels = report.labels
    for one, other in compared_pairs(report):
        pulls = pulls_between_chains(report, one, other)
        found.extend(_disagreement(labels, one.name, other.name, pulls))
    for chain in report.chains:
        pulls = pulls_against_reference(report, chain)
        found.extend(_disagreement(labels, chain.name, "the reference", pulls))
    log_z = Pull("log_z", "training", "the reference", log_z_pull(report))
    found.extend(_disagreement(labels, "training", "the reference", [log_z]))
    for chain in report.chains:
        found.extend(_about_chain(labels, chain))
    found.extend(_about_training(report))
    return found


def _disagreement(labels: Labels, one: str, other: str, pulls: list[Pull]) -> Iterator[Finding]:
    far = [pull for pull in pulls if abs(pull.value) > DISAGREEMENT]
    if far:
        listed = Markup(", ").join(
            Markup("{} by {} σ").format(labels.of(pull.observable).html, pull_text(pull.value))
            for pull in far
        )
        yield Finding(
            one,
            f"disagrees with {other}",
            Markup(
                "{}. One of the two is wrong, or its error is: look at the histories and "
                "autocorrelations below, and run longer chains."
            ).format(listed),
        )


def _about_chain(labels: Labels, chain: ChainReport) -> Iterator[Finding]:
    for warning in (*chain.warnings, *chain.cost_warnings):
        title, _, text = warning.partition(": ")
        yield Finding(
            chain.name, labels.with_symbols(title), labels.with_symbols(text.rstrip(".") + ".")
        )
    if not chain.acceptance >= chain.lowest_acceptance:
        yield Finding(
            chain.name,
            "low acceptance",
            f"{plain_number(chain.acceptance, 3)} of the proposals are accepted: {chain.remedy}.",
        )


def _about_training(report: RunReport) -> Iterator[Finding]:
    for pool in ("prior", "target"):
        for warning in (report.training.get(pool) or {}).get("warnings", ()):
            title, _, text = str(warning).partition(": ")
            yield Finding("training", f"configurations of the {pool} are {title}", f"{text}.")
    for doubt in report.doubts:
        title, _, text = doubt.partition(": ")
        yield Finding("training", title, f"{text.rstrip('.')}.")
    ess = report.ess
    if ess is not None and not ess.value >= _LOWEST_ESS:
        yield Finding(
            "training",
            "the flow is far from its target",
            f"ESS = {plain_number(ess.value, 2)}: sampling stays exact, but most proposals are "
            "rejected, and log Z and ESS are themselves uncertain.",
        )
    seen = report.ess_from_target
    remedy = (
        "Take more levels, or train longer."
        if "work" in report.details
        else "Train longer, or raise training.forward_kl.share."
    )
    if ess is not None and seen is not None and not seen.value >= _SEEN_FROM_TARGET * ess.value:
        yield Finding(
            "training",
            "the flow leaves out a part of its target",
            f"ESS = {plain_number(ess.value, 2)} from its own draws, but "
            f"{plain_number(seen.value, 2)} from configurations of the target: a chain of its "
            "proposals must be long enough to find that part, or it is biased without a sign of "
            f"it. {remedy}",
        )
    weights = report.evaluation.get("log_weight")
    if ess is not None and weights is not None:
        effective = ess.value * weights.size
        if effective < _FEWEST_EFFECTIVE_WEIGHTS:
            yield Finding(
                "training",
                "few effective weights",
                f"only {effective:.0f} of {weights.size:,} weights count: errors of "
                "ESS and log Z are too small. Raise training.evaluation_samples.",
            )
    loss = report.metrics.get("loss")
    if loss is None or loss.size == 0:
        return
    if not np.isfinite(loss[-1]):
        yield Finding("training", "the loss is not finite", "Lower the learning rate.")
    elif still_moving(loss, report.smallest_loss):
        yield Finding(
            "training",
            "not converged",
            "the loss was still going down during the last tenth of the steps: training longer "
            "would give a better flow.",
        )


def still_moving(loss: Float[np.ndarray, " steps"], smallest: float | None) -> bool:
    """Whether the loss clearly fell from the last but one to the last tenth of the steps.

    Args:
        loss: per step.
        smallest: the loss that nothing can beat; without it any clear fall counts.
    """
    tenth = loss.size // 10
    if loss.size < _FEWEST_STEPS:
        return False
    before, last = loss[-2 * tenth : -tenth], loss[-tenth:]
    if not (np.isfinite(before).all() and np.isfinite(last).all()):
        return False
    fall = float(before.mean() - last.mean())
    noise = math.sqrt((before.var(ddof=1) + last.var(ddof=1)) / tenth)
    if fall <= _CLEARLY * noise:
        return False
    remaining = float(last.mean()) - smallest if smallest is not None else 0.0
    return fall > _STILL_MOVING * max(remaining, 0.0)
