"""Metrics and provenance are for people: damaged, they never stop a run, and are kept aside."""

import json
import warnings

import numpy as np
import pytest

from latflow.errors import LatflowWarning
from latflow.runs import RunFolder
from latflow.runs.store import append_metrics, read_metrics, session, truncate_metrics

DAMAGES = {
    "nothing": b"",
    "zeros": b"\0" * 300,
    "no text": b"\xff\xfe\n\xff\n",
    "another type": b'5\n[]\nnull\n"x"\n',
    "without end": b"[" * 10_000 + b"\n",
    "digits": b'{"step": ' + b"9" * 6000 + b"}\n",
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_metrics(path, 0, {"loss": np.array([1.5, 2.5, np.nan, 0.5]), "ess": np.full(4, 0.1)})
    return path


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def test_lines_are_json(path):
    entries = [json.loads(line) for line in lines_of(path)]
    assert [entry["step"] for entry in entries] == [1, 2, 3, 4]
    assert entries[2]["loss"] is None
    assert set(entries[0]) == {"step", "loss", "ess", "crc32"}
    assert set(read_metrics(path)) == {"step", "loss", "ess"}


def test_every_bit_of_a_line_counts(path):
    lines, n_bits = lines_of(path), 0
    for place in range(len(lines[1])):
        for bit in range(8):
            ruined = bytearray(lines[1])
            ruined[place] ^= 1 << bit
            path.write_bytes(b"".join([lines[0], ruined, *lines[2:]]))
            with pytest.warns(LatflowWarning, match="lines? (is|are) damaged"):
                metrics = read_metrics(path)
            # The end of the line is that of the next one as well.
            last = place == len(lines[1]) - 1
            assert metrics["step"].tolist() == ([1, 4] if last else [1, 3, 4])
            assert metrics["loss"][-1] == 0.5
            n_bits += 1
    assert n_bits == 8 * len(lines[1])


def test_what_can_be_read_stays_when_training_goes_on(path):
    lines = lines_of(path)
    damaged = lines[0] + b"nonsense\n" + b"".join(lines[2:])
    path.write_bytes(damaged)
    with pytest.warns(LatflowWarning, match=r"kept as metrics\.jsonl\.damaged-1"):
        truncate_metrics(path, 3)
    assert lines_of(path) == [lines[0], lines[2]]
    assert path.with_name("metrics.jsonl.damaged-1").read_bytes() == damaged


def test_a_line_twice_is_damage(path):
    lines = lines_of(path)
    path.write_bytes(b"".join([*lines[:2], lines[0], *lines[2:]]))
    with pytest.warns(LatflowWarning):
        assert read_metrics(path)["step"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("what", [*DAMAGES, "folder", "link to nowhere", "endless"])
def test_metrics_never_stop_a_run(path, what):
    path.unlink()
    make_damaged(path, what)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LatflowWarning)
        assert read_metrics(path) == {}
        truncate_metrics(path, 2)
    append_metrics(path, 2, {"loss": np.array([1.0])})
    assert read_metrics(path)["step"].tolist() == [3]
    kept = path.with_name("metrics.jsonl.damaged-1")
    assert what == "nothing" or kept.is_symlink() or kept.exists()


def make_damaged(path, what):
    if what == "folder":
        path.mkdir()
    elif what == "link to nowhere":
        path.symlink_to(path.with_name("nowhere"))
    elif what == "endless":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(DAMAGES[what])


def test_metrics_are_not_added_to_what_a_link_leads_to(tmp_path):
    """A link to a sound file of another run."""
    theirs, path = tmp_path / "theirs.jsonl", tmp_path / "metrics.jsonl"
    append_metrics(theirs, 0, {"loss": np.array([1.0])})
    before = theirs.read_bytes()
    path.symlink_to(theirs)
    truncate_metrics(path, 1)
    append_metrics(path, 1, {"loss": np.array([2.0])})
    assert theirs.read_bytes() == before
    assert read_metrics(path)["loss"].tolist() == [1.0, 2.0]


@pytest.fixture
def run(tmp_path, tiny_config):
    return RunFolder.create(tmp_path / "run", tiny_config)


def test_sessions_are_recorded(run):
    for number in (1, 2):
        with session(run, f"command {number}"):
            pass
    found = run.provenance()
    assert [s["command"] for s in found["sessions"]] == ["command 1", "command 2"]
    assert found["seed"] == run.config().seed


STRANGE = {
    "no sessions": b"{}",
    "no list": b'{"seed": 1, "sessions": 5}',
    "a list of numbers": b'{"seed": 1, "sessions": [5]}',
    "names": b'{"seed": 1, "sessions": {"a": 1}}',
    "no seed": b'{"sessions": []}',
}


@pytest.mark.parametrize("what", [*DAMAGES, *STRANGE, "folder", "link to nowhere", "endless"])
def test_provenance_never_stops_a_run(run, what):
    path = run.path / "provenance.json"
    if what in STRANGE:
        path.write_bytes(STRANGE[what])
    else:
        make_damaged(path, what)
    with pytest.warns(LatflowWarning, match=r"provenance\.json: "):
        assert run.provenance() == {}
    kept = r"kept as provenance\.json\.damaged-1; the record of sessions begins anew"
    with pytest.warns(LatflowWarning, match=kept), session(run, "mine"):
        pass
    assert [s["command"] for s in run.provenance()["sessions"]] == ["mine"]


def test_lost_provenance_is_no_news(run):
    assert run.provenance() == {}
    with session(run, "mine"):
        pass
