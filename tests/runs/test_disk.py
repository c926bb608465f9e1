"""What a disk may refuse: one line with the file, the reason and a remedy; nothing half-written."""

import errno
import os
import resource
import signal
from contextlib import contextmanager

import numpy as np
import pytest

from latflow.errors import RunFolderError
from latflow.runs.store import (
    ArrayFile,
    append_metrics,
    read_arrays,
    set_aside,
    write_arrays,
    write_text,
)

CONTENT = ArrayFile({"a": np.arange(1000.0)}, {"x": 1})
METRICS = {"loss": np.arange(100.0)}
WRITERS = {
    "arrays": lambda path: write_arrays(path, CONTENT),
    "text": lambda path: write_text(path, "x" * 8000),
    "metrics": lambda path: append_metrics(path, 0, METRICS),
}
REASONS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "limit on the size of files",
    errno.EROFS: "make it writable",
    errno.EACCES: "make it writable",
    errno.EIO: "check the disk",
}


def refused(path, write):
    with pytest.raises(RunFolderError) as error:
        write(path)
    text = str(error.value)
    assert text.startswith(f"{path}: cannot be written to (")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("number", REASONS)
@pytest.mark.parametrize(
    ("writer", "call"),
    [
        (writer, call)
        for writer in WRITERS
        for call in ("open", "fsync", "replace")
        if (writer, call) != ("metrics", "replace")  # they are added to
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_refusals(tmp_path, monkeypatch, number, call, writer, before):
    """The file is afterwards what it was before, and nothing else is left."""
    path = tmp_path / "file"
    if before:
        WRITERS[writer](path)
    content = path.read_bytes() if before else b""

    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        text = refused(path, WRITERS[writer])
    assert os.strerror(number) in text
    assert REASONS[number] in text
    assert (path.read_bytes() if path.exists() else b"") == content
    assert set(os.listdir(tmp_path)) <= {"file"}


@contextmanager
def no_file_larger_than(length):
    """Python ignores the signal; so did HDF5, and crashed when it closed its file."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 2000, 4096, 5000, 8000])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_limit_on_the_size_of_files(tmp_path, length, writer):
    path = tmp_path / "file"
    WRITERS[writer](tmp_path / "whole")
    assume_fits = (tmp_path / "whole").stat().st_size <= length
    with no_file_larger_than(length):
        if assume_fits:
            WRITERS[writer](path)
            return
        text = refused(path, WRITERS[writer])
    assert "File too large" in text
    assert not path.exists() or path.stat().st_size == 0
    assert set(os.listdir(tmp_path)) <= {"file", "whole"}


def test_a_folder_that_cannot_be_flushed(tmp_path, monkeypatch):
    """Some file systems flush files only."""
    original = os.fsync

    def fsync(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_arrays(tmp_path / "file", CONTENT)
    assert np.array_equal(read_arrays(tmp_path / "file", "remedy").arrays["a"], np.arange(1000.0))


def test_a_folder_whose_flushing_fails_is_an_error(tmp_path, monkeypatch):
    original = os.fsync

    def fsync(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(RunFolderError, match="Input/output error"):
        write_arrays(tmp_path / "file", CONTENT)


def test_a_place_that_is_not_there(tmp_path):
    refused(tmp_path / "nowhere" / "file", WRITERS["arrays"])
    refused(tmp_path / "nowhere" / "file", WRITERS["metrics"])
    (tmp_path / "file").write_text("mine")
    refused(tmp_path / "file" / "file", WRITERS["arrays"])
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "file").mkdir()
    for write in WRITERS.values():
        assert "folder is in the way" in refused(tmp_path / "file", write)
    assert os.listdir(tmp_path) == ["file"]


def test_setting_aside_can_be_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")

    def refuse(*arguments):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "rename", refuse)
    assert "make it writable" in refused(tmp_path / "file", set_aside)
