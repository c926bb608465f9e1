"""A damaged run is mended or refused; it never ends well with other numbers."""

import hashlib
import json
import os
import random
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .damage import DAMAGES, data_files, edit
from .results import numbers_in

SLOW_EXAMPLES = 1500
COMMANDS = ("measure", "resume", "report", "sample", "train")
# Shrinking would take longer than everything else: an example says what it did.
fuzzed = settings(
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    deadline=None,
    database=None,
    max_examples=4,
    suppress_health_check=list(HealthCheck),
)
# Of memory, in bytes.
MODEST = {"RLIMIT_AS": 16 * 2**30}
seeds = st.integers(0, 2**32 - 1)
# Keys whose change asks for more or less of the same, or concerns only what comes later.
HARMLESS = re.compile(r"config\.toml: (n_samples|evaluation_samples) ")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def without_unfinished(found: dict, wanted: dict) -> tuple[dict, dict]:
    """Both without what one misses, and says so: ``measure`` is for runs on their way, too.

    A run that has lost its newest files is like one that has not come further yet.
    """
    whole = {
        name
        for name, chain in wanted["chains"].items()
        if found["chains"].get(name, {"n_samples": 0})["n_samples"] >= chain["n_samples"]
    }
    later = {key for key in ("training", "log_z", "log_z_ratio") if key not in found}
    # Comparisons are between all that there is.
    later |= set() if whole == wanted["chains"].keys() and not later else {"reference"}

    def kept(numbers: dict) -> dict:
        chains = {name: chain for name, chain in numbers["chains"].items() if name in whole}
        return {key: numbers[key] for key in numbers.keys() - later} | {"chains": chains}

    return kept(found), kept(wanted)


def check_damaged(server, undisturbed, family, damages, command, seed):
    """Damage a copy, run a command on it, and check everything that must hold then."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        sandbox = Path(place)
        run = sandbox / "work" / "run"
        shutil.copytree(undisturbed(family).folder, run)
        (sandbox / "neighbour.h5").write_bytes(b"mine")
        done = [damage(run, rng) for damage in damages]
        if any(HARMLESS.match(text) for text in done):
            return
        ended = server.run(command, "run", "-q", cwd=run.parent, patience=90.0)
        told = f"{done}, then {command}: {ended.code}, {ended.said[-1500:]}"
        try:
            ended.check()
        except AssertionError as error:
            raise AssertionError(f"{told}: {error}") from None
        if ended.code == 0 and command in ("measure", "resume"):
            found, wanted = numbers_in(run), undisturbed(family).numbers
            if command == "measure" and any(text.endswith(" removed") for text in done):
                found, wanted = without_unfinished(found, wanted)
            assert found == wanted, told
        shutil.rmtree(run)
        assert contents(sandbox) == {"neighbour.h5": b"mine", "work": None}, told


@fuzzed
@given(st.sampled_from(DAMAGES), st.sampled_from(COMMANDS), seeds)
def test_never_other_numbers(server, undisturbed, damage, command, seed):
    check_damaged(server, undisturbed, "model", [damage], command, seed)


@fuzzed
@given(st.sampled_from(("measure", "resume", "report")), seeds)
def test_an_edited_configuration_is_noticed(server, undisturbed, command, seed):
    check_damaged(server, undisturbed, "hmc", [edit], command, seed)


@pytest.mark.slow
@settings(fuzzed, max_examples=SLOW_EXAMPLES)
@given(
    st.sampled_from(("model", "stages-and-pools", "classical-kernels")),
    st.lists(st.sampled_from((*DAMAGES, edit)), min_size=1, max_size=3),
    st.sampled_from(COMMANDS),
    seeds,
)
def test_never_other_numbers_many_times(server, undisturbed, family, damages, command, seed):
    check_damaged(server, undisturbed, family, damages, command, seed)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["hmc", "model"])
def test_every_byte_of_a_segment_counts(family, server, undisturbed, tmp_path):
    """One bit of every 53rd byte of a segment: refused, set aside or harmless; never a hang."""
    shutil.copytree(undisturbed(family).folder, tmp_path / "run")
    path = tmp_path / "run" / "chains" / "hmc" / "segment-000001.h5"
    content = path.read_bytes()
    for place in range(0, len(content), 53):
        ruined = bytearray(content)
        ruined[place] ^= 1 << (place % 8)
        path.write_bytes(ruined)
        ended = server.run("measure", "run", "-q", cwd=tmp_path, patience=60.0)
        assert ended.code in (0, 2) and "Traceback" not in ended.said, (place, ended.said[-500:])
        assert not ended.hung, place
        if ended.code == 0:
            assert numbers_in(tmp_path / "run") == undisturbed(family).numbers, place


# What mends itself.


MENDED = [
    "chains/hmc/segment-000003.h5",
    "chains/independence/segment-000003.h5",
    "training/checkpoint-00000012.eqx",
    "training/evaluation.h5",
    "training/layers.h5",
    "training/metrics.jsonl",
    "chains/hmc/warm-up.h5",
    "provenance.json",
    "summary.json",
]
HOWS = ["cut", "nonsense", "removed"]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        # Every kind of damage, and every pair of file and damage where slow ones are run.
        pytest.param(name, how, marks=[] if first == 2 * second else pytest.mark.slow)
        for first, name in enumerate(MENDED)
        for second, how in enumerate(HOWS)
    ],
)
def test_resume_mends(name, how, copy_of, latflow, undisturbed):
    """The newest segment or checkpoint, what can be computed again, and what is for people."""
    run = copy_of("model")
    path = run / name
    content = path.read_bytes()
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if how == "cut" else b"\x00" * len(content))
    ended = latflow("resume", "run", "-q")
    assert ended.code == 0, ended.err
    assert numbers_in(run) == undisturbed("model").numbers


def test_much_at_once_is_mended(copy_of, latflow, undisturbed):
    """All checkpoints, a segment between others, a warm-up, and a segment that has gone."""
    run = copy_of("model")
    names = [
        *(f"training/{path.name}" for path in (run / "training").glob("checkpoint-*")),
        "chains/hmc/segment-000001.h5", "chains/independence/warm-up.h5",
    ]  # fmt: skip
    for name in names:
        (run / name).write_bytes(b"precious")
    (run / "chains/independence/segment-000000.h5").unlink()
    ended = latflow("resume", "run", "-q")
    assert ended.code == 0, ended.err
    assert all(Path(name).name in ended.err for name in names)
    assert numbers_in(run) == undisturbed("model").numbers
    assert latflow("verify", "run").code == 0


@pytest.mark.parametrize(
    "name", ["chains/hmc/segment-000003.h5", "training/checkpoint-00000012.eqx"]
)
def test_what_is_damaged_is_kept_aside_and_named(name, copy_of, latflow):
    run = copy_of("model")
    (run / name).write_bytes(b"precious")
    ended = latflow("resume", "run", "-q")
    assert ended.code == 0, ended.err
    assert Path(name).name in ended.err
    assert any(path.read_bytes() == b"precious" for path in run.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "name", ["chains/hmc/segment-000003.h5", "training/checkpoint-00000012.eqx"]
)
def test_strict_refuses_damage(name, copy_of, latflow):
    run = copy_of("model")
    (run / name).write_bytes(b"precious")
    ended = latflow("resume", "run", "-q", "--strict")
    assert ended.code == 2
    assert Path(name).name in ended.err
    assert (run / name).read_bytes() == b"precious"


def test_a_segment_between_others_is_not_made_up(copy_of, latflow):
    """Whoever only reads refuses; ``resume`` draws it again, and later ones must follow from it."""
    run = copy_of("hmc")
    path = run / "chains" / "hmc" / "segment-000001.h5"
    path.write_bytes(path.read_bytes()[:-100])
    ended = latflow("measure", "run", "-q")
    assert ended.code == 2
    assert "segment-000001.h5" in ended.err


def test_a_sound_run_is_verified(copy_of, latflow):
    copy_of("model")
    assert latflow("verify", "run").code == 0


@pytest.mark.parametrize("which", ["swapped", "twice", "flipped"])
def test_verify_finds(which, copy_of, latflow):
    run = copy_of("hmc")
    one, other = (run / "chains" / "hmc" / f"segment-00000{n}.h5" for n in (1, 2))
    a, b = one.read_bytes(), other.read_bytes()
    if which == "flipped":
        a = a[:-50] + bytes([a[-50] ^ 1]) + a[-49:]
    one.write_bytes(b if which == "swapped" else a)
    other.write_bytes(a if which != "flipped" else b)
    ended = latflow("verify", "run")
    assert ended.code in (1, 2), ended.out
    assert "segment-00000" in ended.said


# What strangers may send.


@contextmanager
def sound_but_for(path: Path):
    """A file of a run, to put something into that should not be there."""
    try:
        file = h5py.File(path, "r+")
    except OSError:  # there is more around than HDF5
        file = h5py.File(path, "w")
    with file:
        yield file


def huge(path: Path) -> None:
    """A few bytes that declare seven terabytes."""
    with sound_but_for(path) as file:
        file.create_dataset("measurements/huge", (10**6, 10**6), np.float64, chunks=(1, 10**4))


def bomb(path: Path) -> None:
    """Sixteen gigabytes of zeros in a few bytes."""
    with sound_but_for(path) as file:
        options = {"chunks": (2**20,), "compression": "gzip"}
        data = file.create_dataset("measurements/bomb", (2**31,), np.float64, **options)
        data[: 2**22] = 0.0


def external(path: Path) -> None:
    """Another file of the user's as an array."""
    with sound_but_for(path) as file:
        where = [("/dev/zero", 0, 2**40)]
        file.create_dataset("measurements/raw", (2**40,), np.uint8, external=where)


def virtual(path: Path) -> None:
    """An array in another file."""
    layout = h5py.VirtualLayout((10**6, 10**6), np.float64)
    layout[:, :] = h5py.VirtualSource("/dev/zero", "x", (10**6, 10**6))
    with sound_but_for(path) as file:
        file.create_virtual_dataset("measurements/virtual", layout)


def linked(path: Path) -> None:
    """Links into another file, and in a circle."""
    with sound_but_for(path) as file:
        file["measurements/outside"] = h5py.ExternalLink("/dev/zero", "x")
        file["measurements/circle"] = file["/"]


def without_end(path: Path) -> None:
    """A name for what never ends."""
    path.unlink()
    path.symlink_to("/dev/zero")


STRANGERS = [huge, bomb, external, virtual, linked, without_end]
READ_BY = [("measure", True), ("resume", True), ("measure", False), ("resume", False)]


@pytest.mark.parametrize(
    ("make", "command", "sealed"),
    [
        # Every file and every reader, but not every pair of them, unless slow ones are run.
        pytest.param(make, *reader, marks=[] if (first - second) % 4 == 0 else pytest.mark.slow)
        for first, make in enumerate(STRANGERS)
        for second, reader in enumerate(READ_BY)
    ],
)
def test_a_strangers_file_costs_nothing(make, command, sealed, copy_of, latflow, undisturbed):
    """Also where its digests are right: refused, or kept aside and drawn again with a word."""
    run = copy_of("hmc")
    path = run / "chains" / "hmc" / "segment-000002.h5"
    make(path)
    if sealed and not path.is_symlink():
        seal_again(path)
    ended = latflow(command, "run", "-q", patience=30.0, limits=MODEST)
    assert ended.code == (2 if command == "measure" else 0), ended.said
    assert path.name in ended.err
    if command == "resume":
        assert numbers_in(run) == undisturbed("hmc").numbers
        assert os.path.lexists(path.with_name(f"{path.name}.damaged-1"))


def seal_again(path: Path) -> None:
    """What a stranger can do: a first line whose digests are right."""
    content = path.read_bytes()
    block, payload = content[:512], content[512:]
    fields = json.loads(block)
    del fields["seal"]
    fields |= {"length": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
    line = json.dumps(fields).encode().removesuffix(b"}")
    line += b', "seal": "' + hashlib.sha256(line).hexdigest().encode() + b'"}'
    path.write_bytes(line.ljust(511) + b"\n" + payload)


@pytest.mark.parametrize("name", ["summary.json", "provenance.json", "chains/hmc", "report.html"])
def test_links_do_not_lead_writes_outside(name, copy_of, latflow, tmp_path):
    run = copy_of("hmc")
    path, target = run / name, tmp_path / "outside"
    if path.is_dir():
        shutil.move(path, target)
        for segment in sorted(target.glob("segment-*"))[2:]:
            segment.unlink()
    else:
        path.unlink()
        target.write_text("mine")
    path.symlink_to(target)
    before = contents(target) if target.is_dir() else target.read_text()
    latflow("resume", "run", "-q")
    assert (contents(target) if target.is_dir() else target.read_text()) == before


def test_control_characters_are_not_printed(latflow, tmp_path):
    text = '"\\u001b[31mred\\u0007" = 1\n[theory]\nkind = "phi4"\nshape = [4, 4]\n'
    (tmp_path / "it.toml").write_text(text)
    ended = latflow("validate", "it.toml")
    assert ended.code == 2
    assert "\x1b" not in ended.said and "\x07" not in ended.said
    assert "red" in ended.err


def test_there_is_something_to_damage(undisturbed):
    """The tests above look at every kind of file."""
    assert len(data_files(undisturbed("model").folder)) > 10
