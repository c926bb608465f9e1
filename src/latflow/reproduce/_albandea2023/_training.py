"""Figure 3: acceptance of the flows as proposals, while they are trained."""

from matplotlib.figure import Figure

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._albandea2023._flows import STARTS, Start
from latflow.reproduce._albandea2023._plan import TABLE_EXTENT, Plan
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._axes import WIDTH, legend_outside, plain_logarithmic
from latflow.reproduce._curves import Curve, binned
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Work
from latflow.runs import write_json
from latflow.scans import save_figure


def make(work: Work, plan: Plan, simulations: Simulations) -> list[LedgerEntry]:
    """Train and draw. The paper's figure has no numbers to compare with."""
    curves: dict[Start, Curve] = {}
    for start in STARTS:
        flow = simulations.usual(start)
        (point,) = simulations.flow_hmc(flow, (TABLE_EXTENT,), plan.scaling_error)
        metrics = simulations.run_of(flow, point).training_metrics()
        curves[start] = binned(metrics["step"], metrics["acceptance"])
    save_figure(acceptance_figure(curves), work.folder, "figure-3")
    content = {
        start: {"step": steps.tolist(), "acceptance": acceptance.tolist()}
        for start, (steps, acceptance) in curves.items()
    }
    write_json(work.folder / "figure-3.json", content)
    return []


@styled
def acceptance_figure(curves: dict[Start, Curve]) -> Figure:
    """Acceptance of independence Metropolis, as the batches of training estimate it."""
    figure = new_figure(WIDTH / 2, 3.1)
    axes = figure.subplots()
    styles = series_styles(STARTS)
    for start, (steps, acceptance) in curves.items():
        look = styles[start]
        axes.plot(
            steps, acceptance, color=look.colour, linestyle=look.dash, linewidth=1.2,
            label=f"from {STARTS[start]}",
        )  # fmt: skip
    axes.set(xlabel="training step", ylabel="acceptance of the flow's draws")
    plain_logarithmic(axes.xaxis)
    plain_logarithmic(axes.yaxis)
    legend_outside(figure, axes, columns=1)
    return figure
