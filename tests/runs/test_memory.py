"""What cannot fit into the machine is refused before anything is done, by the key that says so."""

import pytest

from latflow.errors import ConfigError
from latflow.runs import check_buildable, load_config, machine_memory
from latflow.runs._memory import in_words

GIB = 2**30
CHANGES = {
    "chains.hmc.n_chains": [
        "chains.hmc.n_chains=1000000",
        "theory.shape=[64,64,64]",
        "chains.hmc.configurations_every=0",
    ],
    "chains.hmc.n_samples": ["chains.hmc.n_samples=100000000"],
    "training.evaluation_samples": ["training.evaluation_samples=1000000000"],
    "theory.shape": ["theory.shape=[16384,16384]"],
}


@pytest.mark.parametrize("key", CHANGES)
def test_what_does_not_fit_is_refused_by_its_key(key, monkeypatch):
    monkeypatch.setattr("latflow.runs._memory.machine_memory", lambda: 8 * GIB)
    with pytest.raises(ConfigError, match="needs at least") as caught:
        load_config("quickstart", CHANGES[key])
    assert caught.value.key == key
    assert "8 GiB" in str(caught.value)


def test_presets_fit_into_a_laptop():
    claims = check_buildable(load_config("quickstart"))
    assert claims == tuple(sorted(claims, key=lambda claim: -claim.bytes))
    assert 0 < claims[0].bytes < 8 * GIB


def test_the_weights_of_a_wide_net_count(monkeypatch):
    monkeypatch.setattr("latflow.runs._memory.machine_memory", lambda: 8 * GIB)
    dense = ['model.flow.0.net={kind="dense", hidden=[65536, 65536]}']
    with pytest.raises(ConfigError) as caught:
        load_config("hopping-L8", dense)
    assert caught.value.key in ("model.flow", "training.batch")


def test_a_limit_of_the_process_counts():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**50, before[1]))
    try:
        assert machine_memory() <= 2**50
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    ("n_bytes", "words"), [(0, "0 B"), (1536, "1.5 KiB"), (2**70, "1.05e+06 PiB")]
)
def test_sizes_in_words(n_bytes, words):
    assert in_words(n_bytes) == words
