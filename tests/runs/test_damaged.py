"""Damaged files are kept under another name, and somebody is told."""

import os

import pytest

from latflow.errors import LatflowWarning, RunFolderError
from latflow.runs.store import mend, set_aside


def test_set_aside_takes_a_free_name(tmp_path):
    path = tmp_path / "segment-000003.h5"
    for number, content in enumerate((b"first", b"second"), start=1):
        path.write_bytes(content)
        aside = set_aside(path)
        assert aside.name == f"segment-000003.h5.damaged-{number}"
        assert aside.read_bytes() == content
    assert not path.exists()


def test_folders_and_links_are_set_aside_themselves(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "link.damaged-1").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    assert set_aside(tmp_path / "link").name == "link.damaged-2"
    assert set_aside(tmp_path / "folder").is_dir()
    assert outside.read_bytes() == b"mine"


def test_what_cannot_be_set_aside_is_an_error_in_one_line(tmp_path):
    with pytest.raises(RunFolderError, match="nowhere: cannot be written to"):
        set_aside(tmp_path / "nowhere")


def test_mending_is_said(tmp_path):
    (tmp_path / "metrics.jsonl").write_text("x")
    with pytest.warns(LatflowWarning, match=r"metrics.jsonl: damaged; kept as .*; begun anew"):
        mend(tmp_path / "metrics.jsonl", "begun anew")
    assert os.listdir(tmp_path) == ["metrics.jsonl.damaged-1"]
