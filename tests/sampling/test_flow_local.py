"""A model's proposals and local updates in turn: starts, refusals, and what they are good for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import RescaleSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import IndependentNormal
from latflow.sampling import FlowLocalSettings, Independence, start_chains
from latflow.theories import FreeScalar

from .targets import FREE, FREE_EXACT, assert_agrees, model, sample


def test_chains_start_from_the_model():
    """As those of independence Metropolis do, with the same random numbers."""
    kernel = FlowLocalSettings().build_kernel(FREE, model(FREE), 1)
    plain = Independence(FREE, model(FREE))
    fields = start_chains(kernel, 3, "name", 4, "prior")
    states = start_chains(plain, 3, "name", 4, "prior")
    np.testing.assert_array_equal(fields, jax.vmap(plain.field)(states))
    assert start_chains(kernel, 3, "name", 4, "cold").shape == fields.shape


def test_it_needs_a_model_that_proposes_independently():
    with pytest.raises(ConfigError, match='"flow-local" needs a model'):
        FlowLocalSettings().build_kernel(FREE, None, 1)


def test_the_proposals_alone_make_it_exact_where_local_updates_stand_still():
    """Without them nothing would move: the width of the updates is 1e-9 and is not tuned."""
    still = {"kernel": "metropolis", "width": 1e-9, "target_acceptance": None}
    kernel = FlowLocalSettings(update=still).build_kernel(FREE, model(FREE), 1)
    infos, measured = sample(kernel, 1500)
    for name, value in FREE_EXACT.items():
        assert_agrees(name, measured[name], value)
    assert 0.1 < infos["flow_acceptance"].mean() < 0.99 < infos["metropolis_acceptance"].mean()


def test_local_updates_lead_away_from_what_the_model_hardly_draws():
    """A model twice too narrow: the heaviest weights lie in the tails, where chains of proposals
    alone sit. The mean square of the field is 1/m^2 for uncoupled sites, exactly."""
    lattice = Lattice((4, 4))
    space = RealScalar(lattice)
    theory = FreeScalar(lattice, m2=0.25, zeta=1e-12)
    rescale = RescaleSettings().build(space, jax.random.key(0))
    narrow = Model(IndependentNormal(space), rescale, "double")
    errors = {}
    for name, kernel in {
        "alone": Independence(theory, narrow),
        "together": FlowLocalSettings(update={"kernel": "metropolis", "width": 4.0}).build_kernel(
            theory, narrow, 1
        ),
    }.items():
        _, measured = sample(kernel, 400)
        errors[name] = abs(float(jnp.mean(measured["phi2"])) / 4.0 - 1)
    assert errors["together"] < 0.01
    assert errors["alone"] > 10 * errors["together"]
