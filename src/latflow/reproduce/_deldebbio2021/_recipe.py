"""The recipe: flows trained several times on every lattice, two figures, and a ledger."""

from typing import Any

from latflow.analysis import Estimate, PowerLawFit
from latflow.reproduce._curves import binned
from latflow.reproduce._deldebbio2021._cost import Cost, Trained, costs_of, exponent
from latflow.reproduce._deldebbio2021._crossing import crossing
from latflow.reproduce._deldebbio2021._drawing import QUANTITIES, acceptance_figure, cost_figure
from latflow.reproduce._deldebbio2021._plan import CHAIN, FULL, LEVEL, QUICK, training_run
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, referenced
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished
from latflow.runs import RunFolder, config_from, finite, time_per_step, write_json
from latflow.scans import save_figure

PUBLISHED_EXPONENT = 8.0
_PUBLISHED = PublishedRange(
    PUBLISHED_EXPONENT - 0.5,
    PUBLISHED_EXPONENT + 0.5,
    "Del Debbio et al., arXiv:2105.12481, as quoted by Albandea et al., Lattice 2023",
)
_NOTE = (
    "published as approximately ξ^8, without an error, which is taken as 7.5 … 8.5; what exactly "
    "the paper counts as cost, its networks, batches and rates were not at hand"
)
_COMPARED = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}


class DelDebbio2021(Recipe):
    """Phi^4 at xi = L/4 by couplings with fully connected networks, from independent numbers."""

    name = "deldebbio2021"
    title = "φ⁴ at ξ = L/4, L = 6 … 20: training to 70 % acceptance, and how its cost grows"
    paper = (
        "L. Del Debbio, J. Marsh Rossney, M. Wilson, Efficient modeling of trivializing maps for "
        "lattice φ⁴ theory using normalizing flows: a first look at scalability, Phys. Rev. D 104 "
        "(2021) 094507, arXiv:2105.12481"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All trainings; figures and ``cost.json``, as far as one has come, after each lattice."""
        plan, trained, entries = QUICK if work.quick else FULL, [], []
        costs: list[Cost] = []
        for extent, training in plan.trainings.items():
            for number in range(training.seeds):
                config = config_from(training_run(plan, extent, number, work.seed))
                path = work.folder / "runs" / f"L{extent}" / f"seed-{config.seed}"
                title = f"L = {extent}, seed {config.seed}"
                names = [chain.name for chain in config.chains]
                folder = finished(work, path, config, names, title)
                trained.append(trained_in(folder, extent))
                entries += chain_entries(folder.summary(), extent)
            costs = costs_of(trained)
            _draw(trained, costs, work)
        return exponent_entries(fits_of(costs)) + entries


def trained_in(folder: RunFolder, extent: int) -> Trained:
    """What a finished run says of its training."""
    config, metrics = folder.config(), folder.training_metrics()
    assert config.training is not None  # as all runs of this recipe
    pace = time_per_step(folder)
    return Trained(
        extent,
        config.seed,
        crossing(metrics["step"], metrics["acceptance"], LEVEL),
        config.training.steps,
        config.training.batch,
        float("nan") if pace is None else pace.cpu_seconds,
        folder.summary()["training"]["parameters"],
        binned(metrics["step"], metrics["acceptance"]),
    )


def fits_of(costs: list[Cost]) -> dict[str, PowerLawFit | None]:
    """The exponent of every kind of cost."""
    return {name: exponent(costs, name) for name in QUANTITIES}


def exponent_entries(fits: dict[str, PowerLawFit | None]) -> list[LedgerEntry]:
    """The published exponent beside ours; none with fewer than two lattices."""
    fit = fits["configurations"]
    if fit is None:
        return []
    ours = Estimate(fit.exponent, fit.exponent_error)
    return [LedgerEntry("z of configurations to 70 % ∝ ξ^z", _PUBLISHED, ours, _NOTE)]


def chain_entries(summary: dict[str, Any], extent: int) -> list[LedgerEntry]:
    """Log Z and the chain's observables against an independent simulation.

    None for the runs that have no chain.
    """
    chain = summary["chains"].get(CHAIN)
    if chain is None:
        return []
    made = referenced(f"log Z, L = {extent}", summary, summary["reference"], "log_z")
    for key, symbol in _COMPARED.items():
        quantity = f"{symbol}, L = {extent}"
        made += referenced(quantity, chain["observables"], chain["reference"], key)
    return made


def _draw(trained: list[Trained], costs: list[Cost], work: Work) -> None:
    fits = fits_of(costs)
    save_figure(acceptance_figure(trained, LEVEL), work.folder, "acceptance")
    save_figure(cost_figure(costs, fits, LEVEL, PUBLISHED_EXPONENT), work.folder, "cost")
    content = {
        "format": 1,
        "level": LEVEL,
        "costs": [cost.as_dict() for cost in costs],
        "exponents": {
            name: None
            if fit is None
            else {"value": fit.exponent, "error": fit.exponent_error, "chi2": fit.chi2,
                  "dof": fit.dof}
            for name, fit in fits.items()
        },
        "trainings": [one.as_dict() for one in trained],
    }  # fmt: skip
    write_json(work.folder / "cost.json", finite(content))
