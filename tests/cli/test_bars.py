"""Bars on a terminal of 80 columns: whole numbers, and one line when they are told to stop."""

import codecs
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl

import pytest

from latflow.cli._bars import _that_fit
from latflow.cli._signals import STOPPING

COLUMNS, LINES = 80, 24
PACE = re.compile(r"^metropolis .* \d+/3000000 [\d,.]+/s, \d+:\d\d(:\d\d)? left")

# Two finished stages and one with large counts, which ends some time after it is told to.
DISPLAY = """
import fcntl, sys, termios, time
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from latflow.cli._progress import shown
from latflow.cli._signals import StopSignals
with StopSignals() as signals, shown(False, signals) as progress:
    for name, total in (("hmc: warm-up", 10), ("hmc", 400)):
        progress.stage(name, total, 0)
        progress.advance(total, {"acceptance": 0.9844})
    progress.stage("metropolis", 3_000_000, 0)
    done = 0
    while not signals.requested():
        done += 20_000
        progress.advance(done, {"acceptance": 0.5017})
        time.sleep(0.02)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        progress.advance(done, {"acceptance": 0.5017})
        time.sleep(0.02)
print("the end", file=sys.stderr)
"""


class Screen:
    """A terminal, as far as the bars use one: it wraps, and knows a few escape sequences."""

    def __init__(self):
        self.rows, self.row, self.column = [[]], 0, 0
        self._decoder, self._rest = codecs.getincrementaldecoder("utf-8")(), ""

    def feed(self, content):
        text = self._rest + self._decoder.decode(content)
        # A sequence may come in two pieces.
        cut = re.search(r"\x1b(\[[?\d;]*)?$", text)
        text, self._rest = (text[: cut.start()], cut.group()) if cut else (text, "")
        for escape, letter in re.findall(r"(\x1b\[[?\d;]*[A-Za-z])|(.)", text, flags=re.DOTALL):
            if escape:
                self._sequence(escape[2:-1], escape[-1])
            elif letter == "\r":
                self.column = 0
            elif letter == "\n":
                self._down()
            else:
                self._put(letter)

    def _sequence(self, number, what):
        if what == "A":
            self.row -= int(number or 1)
        elif what == "K":
            assert number == "2"
            self.rows[self.row] = []
        else:
            assert what in "mhl", what

    def _put(self, letter):
        if self.column == COLUMNS:
            self._down()
            self.column = 0
        line = self.rows[self.row]
        line.extend(" " * (self.column + 1 - len(line)))
        line[self.column] = letter
        self.column += 1

    def _down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    @property
    def lines(self):
        return [text for row in self.rows if (text := "".join(row).rstrip())]


def read_until(master, screen, there):
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end, screen.lines
        if select.select([master], [], [], 0.1)[0]:
            try:
                screen.feed(os.read(master, 65536))
            except OSError:  # the other end is closed
                return


def test_ctrl_c_is_answered_in_one_line_below_the_bars():
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", DISPLAY],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "screen", "COLUMNS": "", "LINES": ""},
    )
    os.close(slave)
    screen = Screen()
    read_until(master, screen, lambda: any(PACE.search(line) for line in screen.lines))
    # Nothing is cut, at no time.
    assert not any("…" in line for line in screen.lines)
    os.write(master, b"\x03")
    read_until(master, screen, lambda: "the end" in screen.lines)
    assert process.wait(timeout=20) == 0
    os.close(master)
    names = [line.split("━")[0].split("╸")[0].split("╺")[0].strip() for line in screen.lines]
    assert names == ["hmc: warm-up", "hmc", "metropolis", STOPPING, "the end"], screen.lines


@pytest.mark.parametrize(
    ("room", "wanted"), [(40, "7/s, 1:00 left, x 1"), (15, "7/s, 1:00 left"), (3, "")]
)
def test_numbers_are_shown_whole_or_not_at_all(room, wanted):
    assert _that_fit(["7/s, 1:00 left", "x 1"], room) == wanted


def test_ctrl_c_while_tidying_up_leaves_no_traceback(tmp_path):
    # As a terminal starts it: background jobs of a shell begin with the interrupt ignored.
    code = (
        "import atexit, signal, sys, time; from latflow.cli._signals import command_ends\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "atexit.register(lambda: (print('tidying', flush=True), time.sleep(60)))\n"
        "command_ends(); sys.exit(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "tidying\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT and error == ""
