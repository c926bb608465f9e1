"""No bit of a file of arrays may change unnoticed, and nothing is read but plain numbers.

Whoever makes a file on purpose can give it a digest that is right: then what it may declare is
bounded, before anything is read.
"""

import hashlib
import io
import json
import os
import random
from pathlib import Path

import h5py
import numpy as np
import pytest

from latflow.errors import DamagedFileError, RunFolderError
from latflow.runs.store import ArrayFile, read_arrays, write_arrays

from .damage import flips_refused

BLOCK = 512
CONTENT = ArrayFile(
    {
        "measurements/m": np.arange(6.0).reshape(2, 3),
        "measurements/deep/er": np.array([True, False]),
        "state/0000": np.array(3, np.int32),
        "state/0001": np.arange(4, dtype=np.uint32),
        "fields/z": np.array([[1 + 2j], [3j]]),
        "fields/half": np.arange(3, dtype=np.float16),
        "empty": np.zeros((0, 4, 4)),
    },
    {"seconds": 1.25, "first_sample": 7, "name": "x", "tuned": {"step": 0.1}},
)


@pytest.fixture
def path(tmp_path) -> Path:
    write_arrays(tmp_path / "a.h5", CONTENT)
    return tmp_path / "a.h5"


def seal_again(path: Path, **changed) -> None:
    """What a stranger can do: digests that are right."""
    payload = path.read_bytes()[BLOCK:]
    fields = {
        "latflow": "arrays",
        "format": 1,
        "length": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
    } | changed
    line = json.dumps(fields).encode().removesuffix(b"}")
    line += b', "seal": "' + hashlib.sha256(line).hexdigest().encode() + b'"}'
    path.write_bytes(line.ljust(BLOCK - 1) + b"\n" + payload)


def test_arrays_read_back_exactly_also_by_others(path):
    back = read_arrays(path, "remedy")
    assert back.attributes == CONTENT.attributes
    assert back.arrays.keys() == CONTENT.arrays.keys()
    with h5py.File(path, "r") as file:
        for name, array in CONTENT.arrays.items():
            for found in (back.arrays[name], file[name][...]):
                assert found.dtype == array.dtype
                assert np.array_equal(found, array)
        assert json.loads(file.attrs["attributes"]) == CONTENT.attributes
    line = path.read_bytes()[:BLOCK]
    assert json.loads(line)["latflow"] == "arrays"
    assert line.endswith(b"\n")


def test_the_same_arrays_make_the_same_file(path):
    before = path.read_bytes()
    write_arrays(path, CONTENT)
    assert path.read_bytes() == before


def refused(path: Path, places) -> int:
    return flips_refused(path, places, lambda: read_arrays(path, "do this"), "; do this")


def test_every_bit_of_the_first_block_counts(path):
    assert refused(path, [(n, bit) for n in range(BLOCK) for bit in range(8)]) == 8 * BLOCK


def test_bits_of_the_arrays_count(path):
    rng, size = random.Random(1), path.stat().st_size
    places = [(rng.randrange(BLOCK, size), rng.randrange(8)) for _ in range(1000)]
    assert refused(path, places) == 1000


@pytest.mark.slow
def test_every_bit_counts(path):
    size = path.stat().st_size
    assert refused(path, [(n, bit) for n in range(size) for bit in range(8)]) == 8 * size


def test_lengths_count(path):
    sound = path.read_bytes()
    rng = random.Random(2)
    cuts = [0, 1, BLOCK - 1, BLOCK, len(sound) - 1, *(rng.randrange(len(sound)) for _ in range(50))]
    for content in (*(sound[:cut] for cut in cuts), sound + b"\0", sound + sound):
        path.write_bytes(content)
        with pytest.raises(DamagedFileError):
            read_arrays(path, "delete it")


@pytest.mark.parametrize("version", [0, 2, 10**9])
def test_other_formats_are_refused_but_not_called_damaged(path, version):
    seal_again(path, format=version)
    with pytest.raises(RunFolderError, match=r"a\.h5: written by an? \w+ latflow") as refused:
        read_arrays(path, "delete it")
    assert not isinstance(refused.value, DamagedFileError)


@pytest.mark.parametrize(
    "changed",
    [
        {"latflow": "checkpoint"},
        {"latflow": 3},
        {"format": "1"},
        {"format": True},
        {"length": -1},
        {"length": None},
        {"length": 1e9},
        {"sha256": 0},
        {"sha256": ""},
    ],
)
def test_strange_first_lines_are_refused(path, changed):
    seal_again(path, **changed)
    with pytest.raises(DamagedFileError):
        read_arrays(path, "delete it")


def test_a_first_line_of_brackets_is_refused(path):
    line = b'{"latflow": ' + b"[" * 300
    line += b', "seal": "' + hashlib.sha256(line).hexdigest().encode() + b'"}'
    path.write_bytes(line.ljust(BLOCK - 1) + b"\n")
    with pytest.raises(DamagedFileError):
        read_arrays(path, "delete it")


# What must not be read as a file.


def pipe(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()


def endless(path):
    path.symlink_to("/dev/zero")


def nowhere(path):
    path.symlink_to(path.with_name("nowhere"))


def circle(path):
    path.symlink_to(path)


@pytest.mark.parametrize("make", [pipe, folder, endless, nowhere, circle])
def test_only_plain_files_are_read(path, make):
    path.unlink()
    make(path)
    with pytest.raises(DamagedFileError, match=r"a\.h5: "):
        read_arrays(path, "delete it")


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(RunFolderError, match="No such file") as refused:
        read_arrays(tmp_path / "a.h5", "remedy")
    assert not isinstance(refused.value, DamagedFileError)


# What a stranger may put into a file.


def huge(file):
    file.create_dataset("huge", (10**6, 10**6), np.float64)


def huge_in_chunks(file):
    file.create_dataset("huge", (10**6, 10**6), np.float64, chunks=(1, 10**4))


def many_large(file):
    for number in range(30):
        file.create_dataset(f"{number}", (400,), np.float64)


def compressed(file):
    file.create_dataset("bomb", data=np.zeros(10**4), compression="gzip")


def external(file):
    file.create_dataset("raw", (64,), np.uint8, external=[("/dev/zero", 0, 64)])


def virtual(file):
    layout = h5py.VirtualLayout((4,), np.float64)
    layout[:] = h5py.VirtualSource("/dev/zero", "x", (4,))
    file.create_virtual_dataset("virtual", layout)


def outside(file):
    file["outside"] = h5py.ExternalLink("/dev/zero", "x")


def soft(file):
    file["soft"] = h5py.SoftLink("/measurements/m")


def circle_of_groups(file):
    file["measurements/circle"] = file["/"]


def second_name(file):
    file["second"] = file["measurements/m"]


def references(file):
    data = file.create_dataset("references", (1,), h5py.ref_dtype)
    data[0] = file["measurements"].ref


def texts(file):
    file.create_dataset("texts", data=["a" * 1000])


def nothing(file):
    file.create_dataset("nothing", data=h5py.Empty("f"))


def records(file):
    file.create_dataset("records", data=np.zeros(2, [("a", "f8"), ("b", "i4")]))


def big_endian(file):
    file.create_dataset("big", data=np.zeros(2, ">f8"))


def named_type(file):
    file["type"] = np.dtype("f8")


def control_characters(file):
    file.create_dataset("\x1b[31mred", data=np.zeros(1))


def no_attributes(file):
    del file.attrs["attributes"]


def attributes_of_numbers(file):
    file.attrs["attributes"] = np.zeros(3)


def attributes_in_rows(file):
    file.attrs["attributes"] = ["{}", "{}"]


def attributes_without_names(file):
    file.attrs["attributes"] = "[1]"


def attributes_of_brackets(file):
    file.attrs["attributes"] = "[" * 100_000


def attributes_without_end(file):
    file.attrs["attributes"] = '{"a": "' + "a" * 2**21 + '"}'


BOMBS = [
    huge, huge_in_chunks, many_large, compressed, external, virtual, outside, soft,
    circle_of_groups, second_name, references, texts, nothing, records, big_endian, named_type,
    control_characters, no_attributes, attributes_of_numbers, attributes_in_rows,
    attributes_without_names, attributes_of_brackets, attributes_without_end,
]  # fmt: skip


@pytest.mark.parametrize("put", BOMBS)
@pytest.mark.parametrize("sealed", [True, False])
def test_only_plain_numbers_are_read(path, put, sealed):
    with h5py.File(path, "r+") as file:
        put(file)
    if sealed:
        seal_again(path)
    with pytest.raises(DamagedFileError, match=r"a\.h5: .*; delete it") as refused:
        read_arrays(path, "delete it")
    assert str(refused.value).isprintable()


def test_nothing_but_hdf5_is_refused(path):
    for payload in (b"", b"x", b"PK\x03\x04", np.random.default_rng(1).bytes(5000)):
        path.write_bytes(bytes(BLOCK) + payload)
        seal_again(path)
        with pytest.raises(DamagedFileError, match="nothing that latflow wrote"):
            read_arrays(path, "delete it")


def test_hdf5_is_made_in_memory(tmp_path, monkeypatch):
    """A disk that is full, or a limit on the size of files, is met by plain writing only."""
    opened = []
    original = h5py.File.__init__

    def spy(self, name, *arguments, **options):
        opened.append(name)
        original(self, name, *arguments, **options)

    monkeypatch.setattr(h5py.File, "__init__", spy)
    write_arrays(tmp_path / "a.h5", CONTENT)
    read_arrays(tmp_path / "a.h5", "remedy")
    assert {type(name) for name in opened} >= {io.BytesIO}
    assert not any(isinstance(name, str | bytes | Path) for name in opened)
