"""The break-even line: from how many independent samples on training pays off, in words."""

from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.judgement._costs import BreakEven, break_even, sample_cost
from latflow.reports.judgement._findings import findings
from latflow.reports.text import count_text, duration_text, value_with_error


def break_even_sentence(report: RunReport) -> Markup | None:
    """From how many independent samples on training pays off; ``None`` without a flow."""
    result = break_even(report)
    if result is None:
        if not report.training:
            return None
        return Markup("<b>Break-even</b> is not known: {}.").format(_why_unknown(report))
    text = Markup("<b>Break-even.</b> {} {}").format(_outcome(result), _this_run(report, result))
    doubtful = {result.flow.chain, result.classical.chain} & {f.subject for f in findings(report)}
    if doubtful:
        text += Markup(" The warnings on {} put this in doubt.").format(
            " and ".join(sorted(doubtful))
        )
    return text


def _why_unknown(report: RunReport) -> str:
    if report.doubts:
        return "the model has failed a check"
    for kind, chains in (("flow", report.flow_chains), ("classical", report.classical_chains)):
        if not chains:
            return f"this run has no {kind} chain"
        if all(sample_cost(report, chain) is None for chain in chains):
            names = " and ".join(chain.name for chain in chains)
            return f"it is not known what an independent sample of {names} costs"
    return "the time of training was not kept"


def _outcome(result: BreakEven) -> Markup:
    flow, classical = result.flow, result.classical
    cheap, dear = sorted((flow, classical), key=lambda cost: cost.seconds)
    ratio, error = result.ratio
    if ratio < 1:
        ratio, error = 1 / ratio, error / ratio**2
    costs = Markup(
        "An independent configuration costs {} with <b>{}</b> and {} times as much, {}, with "
        "<b>{}</b>; training took {}."
    ).format(
        duration_text(cheap.seconds),
        cheap.chain,
        value_with_error(ratio, error),
        duration_text(dear.seconds),
        dear.chain,
        duration_text(result.training_seconds),
    )
    if result.outcome == "pays off":
        return Markup(
            "Training pays off from <b>{} independent configurations</b> on, after {} of "
            "computing; for fewer, {} is cheaper. {}"
        ).format(
            count_text(result.samples),
            duration_text(result.samples * classical.seconds),
            classical.chain,
            costs,
        )
    if result.outcome == "never":
        return Markup(
            "Training <b>never pays off</b> here: the flow loses to {} at any number of samples. {}"
        ).format(classical.chain, costs)
    return Markup(
        "Break-even is <b>not decided</b>: the two cost the same within the errors of "
        "τ<sub>int</sub>, so that training (if at all) pays off only for very many samples. {}"
    ).format(costs)


def _this_run(report: RunReport, result: BreakEven) -> Markup:
    """Who wins at the number of samples that this run's flow chain has."""
    chain = next(chain for chain in report.flow_chains if chain.name == result.flow.chain)
    tau = chain.observables[result.flow.observable].tau_int
    n = chain.n_chains * chain.n_samples / (2 * tau)
    with_flow = result.training_seconds + n * result.flow.seconds
    without = n * result.classical.seconds
    winner, loser = (
        (result.flow.chain, result.classical.chain)
        if with_flow < without
        else (result.classical.chain, result.flow.chain)
    )
    times = sorted([with_flow, without])
    return Markup(
        "At the {} independent configurations of this run, <b>{}</b> wins: {} against {} with {}."
    ).format(count_text(n), winner, duration_text(times[0]), duration_text(times[1]), loser)
