"""Defaults follow what the user sets; two keys that do not fit each other are still refused."""

import tomllib

import pytest

from latflow.errors import ConfigError
from latflow.runs import config_from

from .conftest import TINY

CHAIN = {"name": "c", "kernel": "hmc"}


@pytest.fixture
def raw():
    return tomllib.loads(TINY.read_text("utf-8"))


def chain(raw, **keys):
    return config_from(raw | {"chains": [CHAIN | keys]}).chains[0]


def training(raw, **keys):
    content = {k: v for k, v in raw["training"].items() if k not in ("batch", "micro_batch")}
    return config_from(raw | {"training": content | keys}).training


@pytest.mark.parametrize("segment", [1, 20, 77, 250, 300, 1000, 99_999])
def test_segments_alone(raw, segment):
    block = chain(raw, segment=segment)
    every = block.configurations_every
    assert block.segment == segment
    assert every % segment == 0 or segment % every == 0


@pytest.mark.parametrize("every", [0, 1, 7, 250, 1000])
def test_configurations_alone(raw, every):
    block = chain(raw, configurations_every=every)
    assert block.configurations_every == every
    assert not every or every % block.segment == 0 or block.segment % every == 0


def test_both_do_not_fit(raw):
    with pytest.raises(ConfigError, match="configurations_every must be"):
        chain(raw, segment=20, configurations_every=30)


@pytest.mark.parametrize("keys", [{"batch": 1000}, {"batch": 7}, {"micro_batch": 100}])
def test_batches_alone(raw, keys):
    settings = training(raw, **keys)
    assert settings.batch % min(settings.micro_batch, settings.batch) == 0
    assert {key: getattr(settings, key) for key in keys} == keys


def test_batches_that_do_not_fit(raw):
    with pytest.raises(ConfigError, match="micro_batch must divide batch"):
        training(raw, batch=100, micro_batch=30)


def test_what_was_adapted_means_the_same_when_it_is_read_again(raw):
    config = config_from(raw | {"chains": [CHAIN | {"segment": 20}]})
    assert config_from(config.resolved()) == config
