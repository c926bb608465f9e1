"""Flows that take numbers from the theory: in every stage of training those of its theory."""

import numpy as np
import pytest

from latflow.runs import RunFolder, config_from, train, trained_model

CONTENT = {
    "theory": {"kind": "phi4", "shape": [4, 4], "beta": 0.4, "lam": 0.5},
    "model": {
        "prior": {"kind": "normal"},
        "flow": [
            {"kind": "symmetric-spline", "level": 1, "bins": 2},
            {"kind": "exact-odd-sites"},
        ],
    },
    "training": {
        "steps": 2,
        "batch": 8,
        "evaluation_samples": 64,
        "stages": [{"shape": [2, 4], "couplings": {"beta": 0.1, "lam": 0.2}}],
    },
}


@pytest.mark.slow
def test_every_stage_has_the_couplings_of_its_theory(tmp_path):
    """Also where the model is read back, and where another run starts from it."""
    first = RunFolder.create(tmp_path / "first", config_from(CONTENT))
    train(first)
    content = CONTENT | {"model": CONTENT["model"] | {"initial": str(first.path)}}
    content |= {"theory": CONTENT["theory"] | {"beta": 0.3}, "training": {"steps": 1, "batch": 8}}
    second = RunFolder.create(tmp_path / "second", config_from(content))
    train(second)
    for run, stage, beta in ((first, 0, 0.1), (first, None, 0.4), (second, None, 0.3)):
        model = trained_model(run, stage)
        assert model is not None
        layer = model.flow.flows[-1].conditional
        assert layer.hopping == beta
        # <phi^2> of a site by itself: one over the scale squared.
        lam = 0.2 if stage == 0 else 0.5
        phi = np.linspace(-6, 6, 4001)
        weight = np.exp(-(1 - 2 * lam) * phi**2 - lam * phi**4)
        expected = (weight * phi**2).sum() / weight.sum()
        np.testing.assert_allclose(layer.transport.averages.scale**-2, expected, rtol=1e-9)
