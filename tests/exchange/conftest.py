"""Two tiny runs to hand over: a scalar field with enough samples for errors, and SU(3) links.

The links are not sampled (compiling that takes minutes) but made by hand: the run's folder is
real, what its chain gives back is not.
"""

import numpy as np
import pytest

from latflow.runs import ChainData, RunFolder, config_from, run

from . import independent as by_hand

SCALAR = {
    "seed": 5,
    "theory": {
        "kind": "phi4", "convention": "hopping", "shape": [4, 4], "beta": 0.4, "lam": 0.5
    },
    "chains": [
        {
            "name": "hmc", "kernel": "hmc", "steps": 4, "n_chains": 4, "n_samples": 500,
            "warm_up": 50, "segment": 500, "configurations_every": 250,
        },
        {
            "name": "local", "kernel": "metropolis", "n_chains": 4, "n_samples": 20,
            "warm_up": 20, "segment": 20, "configurations_every": 0,
        },
    ],
}  # fmt: skip
LINKS = {
    "seed": 5,
    "theory": {"kind": "su3", "shape": list(by_hand.SHAPE), "beta": 5.7},
    "observables": {"measure": ["plaquette"]},
    "chains": [
        {
            "name": "hmc", "kernel": "hmc", "steps": 2, "n_chains": 2, "n_samples": 6,
            "warm_up": 2, "segment": 6, "configurations_every": 2,
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="session")
def scalar_run(tmp_path_factory):
    """A finished run of a scalar field with two chains; not to be changed."""
    folder = RunFolder.create(tmp_path_factory.mktemp("scalar") / "scalar", config_from(SCALAR))
    run(folder)
    return folder


class RunWithLinks(RunFolder):
    """A run whose chain has three configurations in each of two replicas."""

    def chain_names(self):
        return ("hmc",)

    def chain(self, name):
        fields = [[by_hand.random_field(seed=10 * r + k) for k in range(3)] for r in range(2)]
        links = np.array([[by_hand.links_of(field) for field in row] for row in fields])
        nothing = np.zeros((2, 6))
        return ChainData(name, {}, {"acceptance": nothing}, {"field": links}, {}, 1.0, 1.0, 1.0)


@pytest.fixture
def links_run(tmp_path_factory):
    """A run of SU(3) in four dimensions."""
    path = tmp_path_factory.mktemp("links") / "links"
    return RunWithLinks.create(path, config_from(LINKS))
