"""Every bit of a checkpoint counts, also of what it says about itself; and so does its name."""

import random
import shutil
from functools import cache

import equinox as eqx
import jax
import pytest

from latflow.errors import DamagedFileError, RunFolderError
from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, RescaleSettings
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import IndependentNormal
from latflow.runs.store import (
    Checkpoint,
    checkpoint_header,
    checkpoint_identity,
    checkpoint_paths,
    latest_checkpoint,
    steps_saved,
    write_checkpoint,
)
from latflow.stopwatch import Spent
from latflow.theories import FreeScalar
from latflow.training import Trainer, TrainingSettings, TrainingState

from .damage import flips_refused

BLOCK = 512
DIGEST = "0123456789abcdef" * 4


SPACE = RealScalar(Lattice((2, 2)))


COUPLING = AffineCouplingSettings(layers=1, net=ConvolutionSettings(hidden=(2,)))


def state_of(number: int, flow=COUPLING) -> TrainingState:
    """Where a tiny training begins: other numbers for each number."""
    model = Model(IndependentNormal(SPACE), flow.build(SPACE, jax.random.key(number)))
    training = TrainingSettings(steps=20, batch=8, micro_batch=8)
    return Trainer(training, FreeScalar(SPACE.lattice, m2=1.0), seed=3).init(model)


@pytest.fixture
def folder(tmp_path):
    for step in (9, 12):
        write_checkpoint(tmp_path, Checkpoint(state_of(step), step, Spent(0.5 * step), 0.0), DIGEST)
    return tmp_path


def newest(folder):
    return folder / "checkpoint-00000012.eqx"


@cache
def like() -> TrainingState:
    return state_of(0)


def read(folder):
    return latest_checkpoint(folder, like(), DIGEST)


def test_it_reads_back(folder):
    back, header = read(folder), checkpoint_header(folder, DIGEST)
    assert (back.step, back.spent.seconds) == (header.step, header.spent.seconds) == (12, 6.0)
    sizes = [leaf.size for leaf in jax.tree.leaves(eqx.filter(back.state.model, eqx.is_array))]
    assert 10 < header.parameters <= sum(sizes)
    assert eqx.tree_equal(back.state, state_of(12))


def test_every_bit_of_the_first_line_counts(folder):
    """Also where only that line is read: its numbers go into the summary."""
    places = [(n, bit) for n in range(BLOCK) for bit in range(8)]
    path, remedy = newest(folder), "goes on from checkpoint-00000009.eqx"
    read_line = lambda: checkpoint_header(folder)  # noqa: E731
    assert flips_refused(path, places, read_line, remedy) == 8 * BLOCK
    read_identity = lambda: checkpoint_identity(folder)  # noqa: E731
    assert flips_refused(path, places[::7], read_identity, remedy) == len(places[::7])


def test_bits_of_the_state_count(folder):
    rng, path = random.Random(3), newest(folder)
    size = path.stat().st_size
    places = [(rng.randrange(size), rng.randrange(8)) for _ in range(500)]
    assert flips_refused(path, places, lambda: read(folder), "00000009.eqx") == 500


@pytest.mark.slow
def test_every_bit_counts(folder):
    path = newest(folder)
    places = [(n, bit) for n in range(path.stat().st_size) for bit in range(8)]
    assert flips_refused(path, places, lambda: read(folder), "00000009.eqx") == len(places)


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, -1])
def test_one_that_was_cut_is_refused_by_its_first_line_already(folder, length):
    path = newest(folder)
    path.write_bytes(path.read_bytes()[:length])
    for look in (checkpoint_header, read):
        with pytest.raises(DamagedFileError, match=r"00000012\.eqx: damaged"):
            look(folder)


def test_the_name_agrees_with_the_content(folder):
    """An older one under the name of a newer is not of more steps."""
    shutil.copy(folder / "checkpoint-00000009.eqx", newest(folder))
    for look in (checkpoint_header, checkpoint_identity, read):
        with pytest.raises(DamagedFileError, match="it is of step 9, whatever its name says"):
            look(folder)


def test_other_names_are_no_checkpoints(folder):
    other_digits = "".join(chr(0x660 + digit) for digit in range(8))
    for number in ("13", other_digits, "000000013", "9" * 200):
        name = f"checkpoint-{number}.eqx"
        (folder / name).write_bytes(b"")
    assert [path.name[11:-4] for path in checkpoint_paths(folder)] == ["00000009", "00000012"]
    assert steps_saved(folder) == 12


def test_another_configuration_or_structure_is_refused_but_not_called_damaged(folder):
    for look in (
        lambda: latest_checkpoint(folder, like(), "other"),
        lambda: checkpoint_header(folder, "other"),
        lambda: latest_checkpoint(folder, state_of(0, RescaleSettings()), DIGEST),
    ):
        with pytest.raises(RunFolderError, match=r"00000012\.eqx: ") as refused:
            look()
        assert not isinstance(refused.value, DamagedFileError)
