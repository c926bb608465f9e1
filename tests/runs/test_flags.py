"""Flags of JAX that decide numbers."""

import jax
import pytest

from latflow.errors import FlagError, LatflowWarning
from latflow.flags import changed_flags, deciding_flags
from latflow.random import key_for
from latflow.runs import config_from
from latflow.runs.store import RunFolder, session, write_json

CONFIGURATION = {
    "theory": {"kind": "phi4", "shape": [2, 2], "beta": 0.3, "lam": 0.5},
    "chains": [{"name": "it", "kernel": "hmc"}],
}


def test_keys_are_those_of_one_generator_whatever_the_default():
    plain = jax.random.key_data(key_for(3, "it"))
    with jax.default_prng_impl("rbg"):
        assert (jax.random.key_data(key_for(3, "it")) == plain).all()


def test_other_random_bits_are_refused():
    with jax.threefry_partitionable(False), pytest.raises(FlagError, match="PARTITIONABLE"):
        key_for(3, "it")


def test_a_run_that_goes_on_with_other_flags_says_so(tmp_path):
    folder = RunFolder.create(tmp_path / "it", config_from(CONFIGURATION))
    with session(folder, "first"):
        pass
    record = folder.provenance()
    assert record["sessions"][0]["flags"] == deciding_flags()
    record["sessions"][0]["flags"]["backend"] = "gpu"
    write_json(folder.path / "provenance.json", record)
    assert changed_flags(record["sessions"][0]["flags"]) == ["backend: gpu, cpu"]
    with pytest.warns(LatflowWarning, match="backend: gpu, cpu"), session(folder, "second"):
        pass
