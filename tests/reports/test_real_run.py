"""A real run folder, from its configuration to its page."""

import pytest

from latflow.reports import write_report
from latflow.runs import RunFolder, config_from, run

CONFIGURATION = {
    "seed": 3,
    "theory": {
        "kind": "phi4",
        "convention": "hopping",
        "shape": [8, 8],
        "beta": 0.576,
        "lam": 0.5,
    },
    "model": {"prior": {"kind": "normal"}, "flow": []},
    "training": {"steps": 2, "batch": 4, "evaluation_samples": 64},
    "chains": [
        {"name": "flow", "kernel": "independence", "n_chains": 8, "n_samples": 800, "warm_up": 20},
        {"name": "hmc", "kernel": "hmc", "n_chains": 4, "n_samples": 400, "warm_up": 40},
    ],
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = RunFolder.create(tmp_path_factory.mktemp("real") / "run", config_from(CONFIGURATION))
    run(folder)
    return write_report(folder).read_text(encoding="utf-8")


def test_it_is_all_there(page):
    for identifier in ("verdict", "numbers", "training", "weights", "correlator", "cost", "made"):
        assert f'id="{identifier}"' in page
    assert "6.4906(80)" in page and "55.7300(30)" in page
    assert "Break-even" in page


def test_a_flow_that_was_not_trained_is_not_praised(page):
    assert "the flow is far from its target" in page or "disagree" in page
    assert "samples; errors may be too small" in page
