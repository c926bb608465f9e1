"""Continuous flows from lattice to lattice: what is read off the runs, and compared with what."""

import json
from types import MappingProxyType

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.reproduce import Work, recipe_called
from latflow.reproduce._gerdes2022 import _plan, _recipe
from latflow.reproduce._gerdes2022._drawing import size_figure, training_figure
from latflow.reproduce._gerdes2022._size import Size
from latflow.runs import Silent, check_buildable, config_from, never

SIZES = [
    Size(8, Estimate(0.99, 0.001), Estimate(0.01, 0.001), 1000, 10.0, 9.0, 613),
    Size(32, Estimate(0.93, 0.01), Estimate(0.08, 0.01), 1000, 99.0, 80.0, 613),
]
SUMMARY = {
    "log_z": {"value": 15.985, "error": 0.001},
    "reference": {"log_z": {"value": 15.982, "error": 0.003, "source": "a simulation"}},
    "chains": {
        "flow": {
            "observables": {
                "chi2": {"value": 1.9, "error": 0.01},
                "xi_2nd": {"value": 2.0, "error": None, "in_doubt": True},
            },
            "reference": {
                "chi2": {"value": 1.8948, "error": 0.002, "source": "a simulation"},
                "xi_2nd": {"value": 1.998, "error": 0.002, "source": "a simulation"},
            },
        }
    },
}


def test_the_published_number_is_that_of_one_lattice():
    quantities = [entry.quantity for entry in _recipe.entries(SUMMARY, SIZES[0])]
    assert quantities == ["log Z, L = 8", "χ₂, L = 8"]
    published, log_z, chi2 = _recipe.entries(SUMMARY, SIZES[1])
    assert published.agrees and published.pull == 0
    assert log_z.pull == pytest.approx(0.003 / np.hypot(0.003, 0.001))
    assert chi2.pull == pytest.approx(0.0052 / np.hypot(0.002, 0.01))
    low = SIZES[1]._replace(ess=Estimate(0.8, 0.01))
    assert not _recipe.entries(SUMMARY, low)[0].agrees


def test_figures_and_numbers():
    left, right = size_figure(SIZES, 32, Estimate(0.9, 0.0)).axes
    assert left.get_ylim() == (0, 1) and right.get_yscale() == "log"
    line = right.lines[0]
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), [10 / 64, 80 / 1024])
    steps = np.arange(1, 40.0)
    figure = training_figure({8: (steps, 1 - 1 / steps), 32: (steps, 1 - 2 / (1 + steps))})
    assert len(figure.axes[0].lines) == 2
    content = json.loads(json.dumps(SIZES[1].as_dict()))
    assert (content["ess"], content["ess_error"], content["draws"]) == (0.93, 0.01, 1000)


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL])
def test_every_run_can_be_built(plan):
    for extent in plan.extents:
        config = config_from(_plan.flow_run(plan, extent, None, 1))
        if extent <= 16:
            check_buildable(config)
        # An independent simulation of the same ensemble, and a prior with its two-point function.
        known = config.theory.build().known()
        if "chi2" in known:
            rung = _plan.RUNGS[extent]
            assert 1 / rung.prior_m2 == pytest.approx(known["chi2"].value, rel=0.02)
    sizes = sorted(_plan.RUNGS)
    assert list(plan.extents) == sizes[: len(plan.extents)]


@pytest.mark.slow
def test_a_short_ladder(tmp_path, monkeypatch):
    short = {
        extent: rung._replace(steps=3, batch=8, micro_batch=8, accuracy=(4, 4), samples=60)
        for extent, rung in _plan.RUNGS.items()
    }
    monkeypatch.setattr(_plan, "RUNGS", short)
    monkeypatch.setattr(_recipe, "QUICK", _plan.Plan((8, 16), MappingProxyType({8: 256, 16: 256})))
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    made = recipe_called("gerdes2022").run(work)
    assert {"L = 8", "L = 16"} >= {entry.quantity.split(", ")[1] for entry in made}
    content = json.loads((tmp_path / "ess.json").read_text("utf-8"))
    assert [size["extent"] for size in content["sizes"]] == [8, 16]
    # Kernels reach across the lattice: a larger one has more numbers.
    assert content["sizes"][0]["parameters"] < content["sizes"][1]["parameters"]
    assert (tmp_path / "ess.pdf").is_file() and (tmp_path / "training.pdf").is_file()
