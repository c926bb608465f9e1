"""Figure 4: the field after every block of layers, at kappa = 0.6."""

from latflow.reports import collect, figures, layer_target
from latflow.reproduce._komijani2022._plan import Plan
from latflow.reproduce._komijani2022._runs import finished_model
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Work
from latflow.scans import save_figure

KAPPA = 0.60


def make(work: Work, plan: Plan) -> list[LedgerEntry]:
    """Train up to the lattice of the figure, and draw. There is no number in it to compare with.

    The paper shows histograms of "snapshots" after each of three blocks; here they are of 1024
    fields, after each of five parts of the flow, beside the flow's exact chain.
    """
    folder = finished_model(work, plan, KAPPA, plan.layers_extent, ["flow"])
    view = folder.layers()
    assert view is not None  # a finished run has one
    figure = figures.layers(view, layer_target(collect(folder)))
    save_figure(figure, work.folder, "figure-4")
    return []
