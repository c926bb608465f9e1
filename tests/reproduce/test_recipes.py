"""The recipes' numbers, and what reproducing leaves behind."""

import json
from pathlib import Path

import pytest

from latflow.analysis import Estimate
from latflow.errors import ConfigError, RunFolderError
from latflow.reproduce import (
    RECIPES,
    LedgerEntry,
    PublishedRange,
    PublishedValue,
    Recipe,
    ScanRecipe,
    _reproduce,
    recipe_called,
    reproduce,
)
from latflow.reproduce._albandea2023 import _hmc
from latflow.runs import locked
from latflow.scans import ScanResult
from latflow.scans._fits import scalings

from .synthetic import point

EXPONENT = {"hmc": 2.0, "metropolis": 1.0}


class Stub(Recipe):
    """A paper that is always right."""

    name, title, paper = "stub", "a stub", "nobody"

    def run(self, work):
        """One entry, which depends on the seed."""
        published = PublishedValue(1.0, 0.1, "nobody")
        return [LedgerEntry("x", published, Estimate(float(work.seed), 0.1))]


def synthetic_result(recipe: ScanRecipe) -> ScanResult:
    settings = recipe.settings(quick=True, seed=1)
    points = tuple(
        point(ensemble.name, kernel["name"], extent, extent ** EXPONENT[kernel["name"]])
        for ensemble in settings.ensembles
        for extent in (max(ensemble.theory["shape"]),)
        for kernel in settings.kernels
    )
    return ScanResult(settings, points, scalings(points))


def test_names_are_different_and_found():
    names = [recipe.name for recipe in RECIPES]
    assert len(set(names)) == len(names) >= 2
    for recipe in RECIPES:
        assert recipe_called(recipe.name) is recipe
        assert recipe.title and recipe.paper
    with pytest.raises(ConfigError, match="albandea2023-hmc"):
        recipe_called("nobody1999")


def test_baselines_compare_masses_by_kernel_and_exponents_with_ranges():
    recipe = recipe_called("albergo2019-baselines")
    entries = {e.quantity: e for e in recipe.entries(synthetic_result(recipe), Path())}
    assert entries["mₚL, E3, HMC"].published == PublishedValue(
        4.00, 0.04, "Albergo, Kanwar, Shanahan, arXiv:1904.12072"
    )
    assert len([name for name in entries if name.startswith("mₚL")]) == 10
    ranges = {n: e for n, e in entries.items() if isinstance(e.published, PublishedRange)}
    assert len(ranges) == 6 and all(entry.pull == 0 for entry in ranges.values())
    assert ranges["z of τ(M), HMC"].ours.value == pytest.approx(2.0)


def test_hmc_compares_with_the_paper_and_an_independent_simulation(monkeypatch):
    monkeypatch.setattr(_hmc, "acceptance", lambda point, folder: Estimate(0.93, 0.001))
    recipe = recipe_called("albandea2023-hmc")
    entries = recipe.entries(synthetic_result(recipe), Path())
    taus = [e for e in entries if e.quantity.startswith("τ(M)")]
    assert len(taus) == 6
    published = [e for e in taus if "table 1" in e.published.source]
    assert [e.published.value for e in published] == [77.9]
    assert len([e for e in entries if e.quantity.startswith("acceptance")]) == 5
    assert len([e for e in entries if e.quantity.startswith("χ₂")]) == 5


def test_the_ledger_and_its_figure_are_written(monkeypatch, tmp_path):
    monkeypatch.setattr(_reproduce, "RECIPES", (Stub(),))
    ledger = reproduce("stub", tmp_path / "stub", quick=True, seed=1)
    content = json.loads((tmp_path / "stub" / "ledger.json").read_text())
    assert content == ledger.as_dict()
    assert content["recipe"] == "stub" and content["quick"] is True and content["seed"] == 1
    (entry,) = content["entries"]
    assert entry == {
        "quantity": "x",
        "published": {"kind": "value", "value": 1.0, "error": 0.1, "source": "nobody"},
        "ours": {"value": 1.0, "error": 0.1},
        "pull": 0.0,
        "agrees": True,
        "note": "",
    }
    for suffix in ("pdf", "svg", "png"):
        assert (tmp_path / "stub" / f"ledger.{suffix}").stat().st_size > 0


def test_a_file_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "out").write_text("precious")
    with pytest.raises(RunFolderError, match="is a file"):
        reproduce("albandea2023-hmc", tmp_path / "out")


def test_two_at_once_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(_reproduce, "RECIPES", (Stub(),))
    (tmp_path / "stub").mkdir()
    with locked(tmp_path / "stub"), pytest.raises(RunFolderError, match="another process"):
        reproduce("stub", tmp_path / "stub")


def test_references_of_the_package_have_the_recipes_numbers():
    from latflow.reproduce._albandea2023._hmc import _TAU
    from latflow.theories import Phi4Settings

    recipe = recipe_called("albandea2023-hmc")
    for ensemble in recipe.settings(False, 1).ensembles:
        theory = Phi4Settings.model_validate(
            {**ensemble.theory, "shape": tuple(ensemble.theory["shape"])}
        )
        known = theory.build().known()["hmc_tau_m"]
        assert (known.value, known.error) == _TAU[ensemble.name]
