"""Commands of latflow in processes of their own, and what may never happen to them."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A busy machine is given more time before a process counts as hanging.
SLOWNESS = float(os.environ.get("LATFLOW_TEST_SLOWNESS", "1"))
PATIENCE = 120.0
GRACEFUL = (0, 1, 2, 130, 143)
_SERVER = Path(__file__).with_name("fork_server.py")
_LATFLOW = [sys.executable, "-c", "from latflow.cli import main; main()"]


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code (minus the number of a signal), and what it printed."""

    code: int
    out: str
    err: str
    seconds: float
    hung: bool

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return self.out + self.err

    def check(self) -> "Ended":
        """Fails on what no input and no fault may cause: traceback, hang, crash, strange code."""
        assert not self.hung, f"still running after {self.seconds:.0f} s: {self.said[-2000:]}"
        assert "Traceback" not in self.said, self.said[-3000:]
        assert self.code in GRACEFUL, (self.code, self.said[-2000:])
        if self.code in (1, 2):
            lines = [line for line in self.err.splitlines() if "error" in line]
            assert len(lines) == 1, self.err[-2000:]
            assert len(lines[0]) < 2000, lines[0][:300]
        assert not any(ord(c) < 32 and c not in "\n\t\r" for c in self.said), repr(self.said[-500:])
        return self


class ForkServer:
    """Starts commands in milliseconds; see ``fork_server.py``."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._number = 0

    def close(self) -> None:
        """End the server."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
        self._folder.cleanup()

    def run(
        self,
        *arguments: object,
        cwd: Path,
        fault: Mapping[str, Any] | None = None,
        limits: Mapping[str, int] | None = None,
        kill_after: float | None = None,
        stop_with: signal.Signals = signal.SIGKILL,
        patience: float = PATIENCE,
        **environment: str,
    ) -> Ended:
        """Run a command and wait for its end.

        Args:
            arguments: of the command line.
            cwd: working folder.
            fault: of the disk; see ``fork_server.py``.
            limits: of the system, as ``RLIMIT_FSIZE``, in its units.
            kill_after: send ``stop_with`` after so many seconds.
            stop_with: the signal for that.
            patience: seconds after which it counts as hanging, and is killed.
            environment: further variables.
        """
        self._number += 1
        out, err = (Path(self._folder.name) / f"{self._number}.{which}" for which in ("out", "err"))
        request = {
            "arguments": [str(argument) for argument in arguments],
            "cwd": str(cwd),
            "out": str(out),
            "err": str(err),
            "environment": environment,
            "fault": dict(fault or {}),
            "limits": dict(limits or {}),
        }
        start = time.monotonic()
        self._send(request)
        pid, hung = self._receive(PATIENCE * SLOWNESS)["pid"], False
        answer = self._receive(patience * SLOWNESS if kill_after is None else kill_after)
        if not answer and kill_after is not None:
            os.kill(pid, stop_with)
            answer = self._receive(patience * SLOWNESS)
        if not answer:
            hung = True
            os.kill(pid, signal.SIGKILL)
            answer = self._receive(PATIENCE)
        code = os.waitstatus_to_exitcode(answer["status"])
        seconds = time.monotonic() - start
        ended = Ended(code, _text(out), _text(err), seconds, hung)
        out.unlink(), err.unlink()
        return ended

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _receive(self, patience: float) -> dict[str, Any]:
        """The next answer, or an empty one if there is none in time."""
        stream = self._process.stdout
        assert stream is not None
        ready, _, _ = select.select([stream], [], [], patience)
        return json.loads(stream.readline()) if ready else {}


def fresh_process(
    *arguments: object,
    cwd: Path,
    environment: Mapping[str, str | None] | None = None,
    patience: float = PATIENCE,
    python: Sequence[str] = tuple(_LATFLOW),
    **popen: Any,
) -> Ended:
    """Run a command in a new process, in this environment with some changes (``None``: unset)."""
    changed = dict(os.environ) | dict(environment or {})
    start, hung = time.monotonic(), False
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen(
        [*python, *map(str, arguments)],
        cwd=cwd,
        env={name: value for name, value in changed.items() if value is not None},
        **(streams | popen),
    )
    try:
        out, err = process.communicate(timeout=patience * SLOWNESS)
    except subprocess.TimeoutExpired:
        process.kill()
        hung, (out, err) = True, process.communicate()
    texts = [(part or b"").decode(errors="replace") for part in (out, err)]
    return Ended(process.returncode, *texts, time.monotonic() - start, hung)


def _text(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes().decode(errors="replace")
    return ""
