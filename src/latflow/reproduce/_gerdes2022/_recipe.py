"""The recipe: a ladder of runs, two figures, and a ledger."""

from pathlib import Path
from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._curves import Curve, binned
from latflow.reproduce._gerdes2022._drawing import size_figure, training_figure
from latflow.reproduce._gerdes2022._plan import FULL, QUICK, flow_run
from latflow.reproduce._gerdes2022._size import Size
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, referenced
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished, measured
from latflow.runs import RunFolder, config_from, write_json
from latflow.scans import save_figure

PUBLISHED_EXTENT = 32
_PUBLISHED = PublishedRange(0.90, 1.0, "Gerdes et al., arXiv:2207.00283")
_NOTE = (
    "the paper's 0.90 rests on 256 samples of its trained model, whose weights are public; "
    "reaching it is agreement"
)
_COMPARED = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ", "phi2": "⟨φ²⟩"}


class Found(NamedTuple):
    """What the run on a lattice gave."""

    size: Size
    curve: Curve
    entries: list[LedgerEntry]


class Gerdes2022(Recipe):
    """Phi^4 at m_p L near 4 with continuous flows, each begun on the lattice of half its size."""

    name = "gerdes2022"
    title = "φ⁴ at mₚL ≈ 4, L = 8 … 64: effective sample size of continuous flows"
    paper = (
        "M. Gerdes, P. de Haan, C. Rainone, R. Bondesan, M. C. N. Cheng, Learning lattice quantum "
        "field theories with equivariant continuous flows, SciPost Phys. 15 (2023) 238, "
        "arXiv:2207.00283"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All lattices; the figures, as far as one has come, are drawn after each."""
        plan, found = QUICK if work.quick else FULL, []
        initial: Path | None = None
        for extent in plan.extents:
            # Absolute, since the same command may be given from elsewhere the next time.
            path = (work.folder / "runs" / f"L{extent}").resolve()
            config = config_from(flow_run(plan, extent, initial, work.seed))
            names = [chain.name for chain in config.chains]
            found.append(found_in(finished(work, path, config, names, f"L = {extent}"), extent))
            _draw(found, work)
            initial = path
        return [entry for one in found for entry in one.entries]


def found_in(folder: RunFolder, extent: int) -> Found:
    """What a finished run says."""
    summary, metrics = folder.summary(), folder.training_metrics()
    training = summary["training"]
    size = Size(
        extent,
        measured(folder, "ess"),
        measured(folder, "log_weight_variance"),
        training["evaluation_samples"],
        training["seconds"],
        training["cpu_seconds"],
        training["parameters"],
    )
    return Found(size, binned(metrics["step"], metrics["ess"]), entries(summary, size))


def entries(summary: dict[str, Any], size: Size) -> list[LedgerEntry]:
    """The published ESS; log Z and the chain's observables against an independent simulation."""
    made = []
    if size.extent == PUBLISHED_EXTENT:
        made.append(LedgerEntry(f"ESS, L = {size.extent}", _PUBLISHED, size.ess, _NOTE))
    made += referenced(f"log Z, L = {size.extent}", summary, summary["reference"], "log_z")
    chain = summary["chains"]["flow"]
    for key, symbol in _COMPARED.items():
        quantity = f"{symbol}, L = {size.extent}"
        made += referenced(quantity, chain["observables"], chain["reference"], key)
    return made


def _draw(found: list[Found], work: Work) -> None:
    sizes = [one.size for one in found]
    curves = {one.size.extent: one.curve for one in found}
    published = Estimate(_PUBLISHED.low, 0.0)
    save_figure(size_figure(sizes, PUBLISHED_EXTENT, published), work.folder, "ess")
    save_figure(training_figure(curves), work.folder, "training")
    content = {
        "format": 1,
        "sizes": [size.as_dict() for size in sizes],
        "training": {
            str(extent): {"step": steps.tolist(), "ess": ess.tolist()}
            for extent, (steps, ess) in curves.items()
        },
    }
    write_json(work.folder / "ess.json", content)
