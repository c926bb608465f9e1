"""Spans of time as people and batch systems write them, and stopping in time."""

import signal
import time

import pytest

from latflow.cli._signals import StopSignals, seconds_in
from latflow.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("11h30m", 41400.0),
        ("5s", 5.0),
        ("2d", 172800.0),
        ("1.5h", 5400.0),
        ("01:30:00", 5400.0),
        ("1:30", 5400.0),
        ("1-02:00:00", 93600.0),
        (None, None),
    ],
)
def test_spans_of_time(text, seconds):
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "1h x", "-1h", "0s", "1:2:3:4", "9999999d", "٣h"])
def test_what_is_no_span_of_time(text):
    with pytest.raises(ConfigError, match="--time-limit"):
        seconds_in(text)


def test_stopping_leaves_time_for_another_piece_of_work():
    """The longest time from one question to the next is kept free before the limit."""
    signals = StopSignals(limit=3.0)
    time.sleep(0.5)
    begin = time.monotonic()
    while not signals.requested():
        time.sleep(0.5)
    assert time.monotonic() - begin < 2.6
    assert signals.exit_code == 143


def test_no_limit_is_never_reached():
    assert not StopSignals().requested()


def test_a_terminal_that_closes_twice_does_not_end_the_process(heeded_hangups):
    with StopSignals() as signals:
        signal.raise_signal(signal.SIGHUP)
        assert signals.requested()
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGUSR1)
        assert signals.exit_code == 129


def test_who_was_started_with_nohup_is_not_asked():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals() as signals:
            signal.raise_signal(signal.SIGHUP)
            assert not signals.requested()
    finally:
        signal.signal(signal.SIGHUP, before)
