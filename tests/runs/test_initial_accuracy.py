"""What starts from a trained model is evaluated as accurately as its own configuration says."""

import jax
import jax.numpy as jnp
import pytest

from latflow.errors import ConfigError
from latflow.not_trained import parameters_of
from latflow.runs import config_from
from latflow.runs._initial import fresh_model, initial_model
from latflow.runs.building import build_theory
from latflow.stopwatch import Spent

SCALAR = {"kind": "phi4", "convention": "aks", "m2": -4.0, "lam": 6.0}
LINKS = {"kind": "su2", "beta": 1.0}


def configuration(theory, shape, flow, **more):
    prior = {"kind": "uniform" if theory is LINKS else "normal"}
    return config_from(
        {
            "theory": {**theory, "shape": shape},
            "model": {"prior": prior, "flow": [flow], **more},
            "training": {"steps": 5, "batch": 4, "micro_batch": 4},
        }
    )


def moved(theory, small, large):
    """The model of ``small`` on 4 x 4, and what a run of ``large`` on 8 x 8 makes of it."""
    config = configuration(theory, [4, 4], small)
    there = fresh_model(config, build_theory(config))
    there = jax.tree.map(lambda leaf: leaf + 0.25 if leaf.dtype == jnp.float32 else leaf, there)
    config = configuration(theory, [8, 8], large, initial="somewhere")
    start = initial_model(config, build_theory(config), lambda *_: (there, Spent(0.0, 0.0)))
    return there, start.model


@pytest.mark.parametrize("theory, kind", [(SCALAR, "continuous"), (LINKS, "gradient")])
def test_more_steps_on_a_larger_lattice(theory, kind):
    there, here = moved(
        theory,
        {"kind": kind, "steps": 3, "precise_steps": 4},
        {"kind": kind, "steps": 7, "precise_steps": 9},
    )
    how = here.flow.solver if kind == "continuous" else here.flow.accuracy
    assert (how.steps, how.precise_steps) == (7, 9)
    numbers = [jax.tree.leaves(parameters_of(model)[0]) for model in (there, here)]
    assert sum(float(jnp.sum(one)) for one in numbers[1]) != 0.0
    for before, after in zip(*numbers, strict=True):
        assert float(jnp.max(after)) == float(jnp.max(before))


def test_other_channels_are_another_architecture():
    with pytest.raises(ConfigError, match="another architecture"):
        moved(SCALAR, {"kind": "continuous", "channels": 3}, {"kind": "continuous", "channels": 4})
