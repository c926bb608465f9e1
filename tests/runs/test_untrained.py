"""Models that need no training: a run with ``training.steps = 0`` from the evaluation to chains."""

import pytest

from latflow.errors import RunFolderError
from latflow.runs import RunFolder, config_from, run, sample, verify

CONTENT = {
    "theory": {"kind": "u1", "shape": [4, 4], "beta": 2.0},
    "model": {"prior": {"kind": "spread-plaquettes", "beta": 2.0}, "flow": []},
    "training": {"steps": 0, "evaluation_samples": 512},
    "chains": [
        {"name": "prior", "kernel": "independence", "n_chains": 4, "n_samples": 20, "warm_up": 2}
    ],
}


def test_a_prior_alone_is_evaluated_and_sampled_without_a_step(tmp_path):
    folder = RunFolder.create(tmp_path / "run", config_from(CONTENT))
    with pytest.raises(RunFolderError, match="0 of 0 training steps; `latflow train"):
        sample(folder)
    summary = run(folder)
    assert summary["training"]["steps"] == 0
    assert summary["training"]["ess"] > 0.9
    assert summary["chains"]["prior"]["acceptance"] > 0.8
    assert not (folder.path / "training" / "metrics.jsonl").exists()
    assert run(folder) == summary
    verify(folder)
