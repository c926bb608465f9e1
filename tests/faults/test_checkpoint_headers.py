"""Every bit of a checkpoint counts, also those of what it says about itself."""

import json
import random

import pytest

from .results import numbers_in

slow = pytest.mark.slow


def seconds_in(run):
    return json.loads((run / "summary.json").read_text("utf-8"))["training"]["seconds"]


def check_flip(run, latflow, undisturbed, place, bit):
    """With one bit flipped, the run is refused, mended, or the bit did not matter."""
    path = run / "training" / "checkpoint-00000012.eqx"
    sound = path.read_bytes()
    ruined = bytearray(sound)
    ruined[place] ^= 1 << bit
    path.write_bytes(ruined)
    ended = latflow("measure", "run", "-q")
    told = sound[:place].decode(errors="replace")[-40:], place, bit
    if ended.code == 0:
        assert numbers_in(run) == undisturbed("model").numbers, told
        assert seconds_in(run) == seconds_in(undisturbed("model").folder), told
    path.write_bytes(sound)


@pytest.mark.parametrize("key", ["step", "seconds"])
def test_numbers_in_the_header(key, copy_of, latflow, undisturbed):
    """One bit makes a 12 a 13, and 0.5 s 0.1 s."""
    run = copy_of("model")
    path = run / "training" / "checkpoint-00000012.eqx"
    place = path.read_bytes().find(f'"{key}": '.encode())
    assert place >= 0
    for digit in range(4):
        check_flip(run, latflow, undisturbed, place + len(key) + 4 + digit, 0)


def test_some_bits(copy_of, latflow, undisturbed):
    run, rng = copy_of("model"), random.Random(4)
    for _ in range(8):
        check_flip(run, latflow, undisturbed, rng.randrange(512), rng.randrange(8))


@slow
def test_all_bytes(copy_of, latflow, undisturbed):
    """All bits are tried in ``tests/runs/test_checkpoints.py``, without commands."""
    run = copy_of("model")
    for place in range(512):
        check_flip(run, latflow, undisturbed, place, place % 8)


def test_the_name_agrees_with_the_content(copy_of, latflow):
    """A checkpoint that was renamed is not one of more steps."""
    run = copy_of("model")
    folder = run / "training"
    (folder / "checkpoint-00000012.eqx").write_bytes(
        (folder / "checkpoint-00000009.eqx").read_bytes()
    )
    ended = latflow("measure", "run", "-q")
    assert ended.code == 2
    assert "checkpoint-00000012.eqx" in ended.err
