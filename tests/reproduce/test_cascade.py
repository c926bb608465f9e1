"""Recipe albandea2023-cascade: a small cascade from the first step to the figure."""

import json
from itertools import pairwise

import pytest

from latflow.analysis import Estimate
from latflow.reproduce import recipe_called
from latflow.reproduce._albandea2023 import _cascade, _cascade_drawing, _cascade_levels
from latflow.reproduce._albandea2023._cascade_levels import Level, full_levels, quick_levels
from latflow.reproduce._albandea2023._cascade_point import CascadePoint, exponents
from latflow.reproduce._recipe import Work
from latflow.runs import RunFolder, Silent, check_buildable, never

TINY = (Level(4, 4, 0.9, 8, 64, 1.0, 5), Level(8, 4, 0.9, 8, 64, 1.0, 5))


def point(extent, tau, label="HMC", training=0.0):
    return CascadePoint(extent, label, Estimate(tau, 0.03 * tau), 0.9, 1e-5, training, 0.1, ())


@pytest.mark.parametrize("levels", [full_levels(), quick_levels()], ids=["full", "quick"])
def test_levels_double_and_can_be_built(levels):
    for coarse, fine in pairwise(levels):
        assert fine.extent == 2 * coarse.extent
    for level in levels:
        for way in ("hmc", "direct"):
            check_buildable(level.config(way, 10, None, 1))
        assert level.pool % 64 == 0


@pytest.mark.slow
def test_a_cascade_from_the_first_step_to_the_figure(tmp_path, monkeypatch):
    monkeypatch.setattr(_cascade, "quick_levels", lambda: TINY)
    monkeypatch.setattr(_cascade, "_TRAINING_STEPS", 2)
    monkeypatch.setattr(_cascade_levels, "_WARM_UP_TAUS", 2)
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    recipe = recipe_called("albandea2023-cascade")
    entries = recipe.run(work)
    assert any(entry.quantity == "χ₂, L = 8, cascade, coarsest variables" for entry in entries)
    content = json.loads((tmp_path / "cascade.json").read_text())
    labels = [(p["extent"], p["label"]) for p in content["points"]]
    assert labels == [
        (4, "HMC"),
        (4, "flow HMC, from normal numbers"),
        (8, "HMC"),
        (8, "flow HMC, from normal numbers"),
        (8, "flow HMC, one step of the cascade"),
        (8, "flow HMC, whole cascade"),
    ]
    assert (tmp_path / "cascade.pdf").stat().st_size > 0
    # The time of the upper level's flow contains that of the lower one's.
    seconds = {
        extent: RunFolder(tmp_path / "cascade" / f"L{extent}").summary()["training"]["seconds"]
        for extent in (4, 8)
    }
    assert seconds[8] > seconds[4] > 0
    # Nothing is done twice: no file changes.
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.h5")}
    recipe.run(work)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.h5")}


def test_exponents_need_three_levels_from_8_on():
    points = [point(extent, extent**2 / 3) for extent in (4, 8, 16, 32)]
    (z,) = exponents(points).values()
    assert z.value == pytest.approx(2.0) and 0.01 < z.error < 0.1
    assert exponents(points[:3]) == {}
    both = [*points, *(point(p.extent, 2.0, "flow", 100.0) for p in points)]
    assert len(_cascade_drawing.cascade_figure(both, exponents(both)).axes) == 2


def test_costs_count_the_training():
    flow = point(16, 5.0, "flow", 100.0)
    assert flow.cost.value == pytest.approx(1e-4)
    assert flow.cost_with_training.value == pytest.approx(1e-4 + 0.01)
    assert flow.as_dict()["cost"]["value"] == flow.cost.value
