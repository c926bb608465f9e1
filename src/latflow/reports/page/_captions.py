"""What to look for in each figure."""

from collections.abc import Mapping

from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.figures import shown_stages
from latflow.reports.text import plain_number, value_with_error
from latflow.runs import LayerView


def training(report: RunReport) -> Markup:
    """Of the training curves."""
    loss, smallest = report.loss, report.smallest_loss
    if smallest is None:
        first = Markup("<b>Left:</b> the loss {}. It should end flat.").format(loss.words)
    else:
        first = Markup(
            "<b>Left:</b> how far the loss {} lies above its smallest possible value, "
            "−log <i>Z</i> = {}{}. It should end flat."
        ).format(
            loss.words,
            plain_number(smallest, 6),
            ""
            if report.log_z_ratio is None
            else Markup(" (<i>Z</i> in units of the prior's, which nobody knows)"),
        )
    final = ""
    if report.ess is not None:
        final = Markup(" After training, with fresh samples: ESS = {}.").format(
            value_with_error(report.ess.value, report.ess.error)
        )
    if report.ess_from_target is not None:
        final += Markup(
            " From configurations of the target, which know what the flow leaves out: ESS = {}."
        ).format(value_with_error(report.ess_from_target.value, report.ess_from_target.error))
    stages = (
        " The curves are those of the last stage; the table has all, measured with fresh samples."
        if report.training.get("stages")
        else ""
    )
    return Markup(
        "{} <b>Right:</b> effective sample size and acceptance of independence Metropolis, from "
        "one batch each (too optimistic where few weights dominate); one is a perfect flow. "
        "Lines are means over neighbouring steps, bands hold 80 % of them.{}{}"
    ).format(first, final, stages)


def weights(number: int) -> Markup:
    """Of the weights."""
    return Markup(
        "{} independent samples of the flow. <b>Left:</b> a perfect flow puts all points on the "
        "line; points below it are configurations that the flow draws too rarely. "
        "<b>Right:</b> log <i>w</i> = −<i>S</i> − log <i>q</i>. A narrow peak is good; a tail to "
        "the <b>right</b> of the dashed curve is a warning: rare configurations with large "
        "weights make chains stick. For log-normal weights ESS = e<sup>−σ²</sup>."
    ).format(f"{number:,}")


def layers(view: LayerView, target: str | None) -> Markup:
    """Of the layer-by-layer view."""
    compared = ""
    if target is not None:
        compared = Markup(
            " Dashed: the chain <i>{}</i>, which the last column should meet; the flow is drawn "
            "without weights."
        ).format(target)
    stages = len(view.names)
    left_out = f" {len(shown_stages(stages))} of {stages} stages are shown."
    return Markup(
        "The prior's field, and what each block of layers makes of it. <b>Top:</b> the same "
        "sample at all stages, on one scale. <b>Middle:</b> the values of φ(<i>x</i>). "
        "<b>Bottom:</b> <i>C</i>(<i>t</i>) at zero momentum; triangles are upper limits (two "
        "standard deviations) where nothing is seen, as at <i>t</i> &gt; 0 in a prior without "
        "correlations. From {} fields.{}{}"
    ).format(f"{view.n_fields:,}", compared, left_out if len(shown_stages(stages)) < stages else "")


def magnetisation() -> Markup:
    """Of the magnetisation's history and histogram."""
    return Markup(
        "<b>Left:</b> <i>M</i> sample by sample: it should cross zero often and look the same "
        "everywhere. Plateaus are rejections; slow waves are long autocorrelations. "
        "<b>Right:</b> the histograms should coincide. They are symmetrised; where a sampler "
        "found one sign only, this is said and its own histogram is dotted."
    )


def correlator() -> Markup:
    """Of the correlator and the effective mass."""
    return Markup(
        "<b>Left:</b> <i>C</i>(<i>t</i>) with the hyperbolic cosine of the fitted mass. "
        "<b>Right:</b> <i>m</i><sub>eff</sub>(<i>t</i>) = arccosh [<i>C</i>(<i>t</i>−1) + "
        "<i>C</i>(<i>t</i>+1)] / 2<i>C</i>(<i>t</i>) of the folded correlator. It should be "
        "constant over the band, which is the correlated fit with its error, and χ²/dof should "
        "be about one. Small <i>t</i> holds excited states; points drowned in noise are left out."
    )


def power_spectrum(numbers: Mapping[str, int], with_free: bool) -> Markup:
    """Of the power spectrum."""
    used = ", ".join(f"{number:,} of {name}" for name, number in numbers.items())
    rest = Markup(
        " The line is the free field with the pole mass and χ<sub>2</sub> measured here; the "
        "ratio to it shows what the interaction does, and where samplers differ: in long "
        "(left) or short (right) waves."
    )
    return Markup(
        "Mean power of the stored configurations ({}) against k̂² = Σ 4 sin²(<i>k</i>/2).{} "
        "Errors take them as independent."
    ).format(used, rest if with_free else "")


def configurations(dimensions: int) -> Markup:
    """Of the sample configurations."""
    plane = " A plane through each is shown." if dimensions > 2 else ""
    return Markup(
        "All on one scale. Domains of the same size and the same contrast should be seen in "
        "every row; <i>model</i> rows are drawn from the flow without any correction.{}"
    ).format(plane)


def autocorrelation(thin: Mapping[str, int]) -> Markup:
    """Of the autocorrelation functions."""
    return Markup(
        "Memory of the slow observables against the distance in stored samples{}. ρ(<i>t</i>) "
        "should have fallen to zero, within errors, where the triangle and the dotted line mark "
        "the summation window of τ<sub>int</sub> = ½ + Σ ρ(<i>t</i>); ½ is independent samples."
    ).format(_thinned(thin))


def energy_violation(thin: Mapping[str, int]) -> Markup:
    """Of the energy violation."""
    averaged = (
        Markup(" ΔH is averaged{}, which narrows the histogram.").format(_thinned(thin))
        if thin
        else ""
    )
    return Markup(
        "Change of the energy along a trajectory. ⟨e<sup>−Δ<i>H</i></sup>⟩ = 1 for any exact "
        "algorithm. The dashed curve is the normal distribution of the same width σ with mean "
        "σ²/2, which follows from it; a tail to the right is a sign of too large steps.{}"
    ).format(averaged)


def cost() -> Markup:
    """Of the cost figure."""
    return Markup(
        "Computing time of <i>n</i> independent configurations on this machine: training, plus "
        "<i>n</i> · 2τ<sub>int</sub> · time per sample, with the largest τ<sub>int</sub> of "
        "<i>M</i>, χ<sub>2</sub> and <i>E</i> in each chain. Compilation and warm-up are left "
        "out. Bands are the errors of τ<sub>int</sub>. Left of the crossing the flow loses."
    )


def _thinned(thin: Mapping[str, int]) -> str:
    if not thin:
        return ""
    parts = ", ".join(f"{name}: {every}" for name, every in thin.items())
    return f" (transitions per sample: {parts})"
