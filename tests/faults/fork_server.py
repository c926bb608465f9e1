"""A process that has imported latflow, and forks a real process for every command asked for.

Run as a script: a request is one line of JSON on standard input; answered by a line with the
process id, and when that process has ended by one with its wait status. A command starts in
milliseconds instead of seconds, and yet has a process of its own: it can be killed, run into
limits of the system, or crash. JAX starts no thread before its first computation, which is only
in the children.
"""

import ctypes
import datetime
import errno
import fcntl
import json
import os
import resource
import signal
import sys
import time
from typing import Any

_CAPABILITIES_V3 = 0x20080522
# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of linux/capability.h.
_IGNORES_RIGHTS = (1 << 1) | (1 << 2)


def main() -> None:
    """Serve requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    # Everything that commands import when they run.
    import latflow.cli
    import latflow.reports
    import latflow.runs
    import latflow.scans  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            answers.close()
            _become(request)
        _answer(answers, {"pid": pid})
        status = os.waitpid(pid, 0)[1]
        _answer(answers, {"status": status})


def _answer(answers, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


def _become(request: dict[str, Any]) -> None:
    """Be the process of one command; does not return."""
    code = 70
    try:
        for number, name, mode in ((0, os.devnull, os.O_RDONLY), (1, request["out"], os.O_WRONLY),
                                   (2, request["err"], os.O_WRONLY)):  # fmt: skip
            descriptor = os.open(name, mode | (os.O_CREAT if number else 0), 0o644)
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(request["cwd"])
        os.environ.update(request["environment"])
        for name, value in request["limits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))
        writes = _Writes(request["fault"])
        os.replace, os.fsync = writes.replace, writes.fsync
        if writes.kind == "no locks":
            fcntl.flock = fcntl.lockf = _no_locks
        if writes.kind == "another user" and os.geteuid() == 0:
            _without_privileges()
        if writes.kind == "same moment":
            _at_the_same_moment(request["fault"]["prefix"])
        sys.argv = ["latflow", *request["arguments"]]
        from latflow.cli import main as latflow

        try:
            latflow()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if request["fault"].get("kind") == "count":
            descriptor = os.open(request["fault"]["to"], os.O_WRONLY | os.O_CREAT, 0o644)
            os.write(descriptor, str(writes.done).encode())
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or 120
        os._exit(code)


def _without_privileges() -> None:
    """Root loses what lets it ignore the rights of files, for good, but can still import."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    # Effective, permitted, inheritable; first the lower 32 bits of each.
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~_IGNORES_RIGHTS & 0xFFFFFFFF
    sets[1] &= ~_IGNORES_RIGHTS & 0xFFFFFFFF
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def _no_locks(*_: Any) -> None:
    """``flock`` on a file system that has none."""
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def _at_the_same_moment(prefix: str) -> None:
    """The clock stands still, and folders of this prefix are made when two want to make one."""
    now = datetime.datetime.now(datetime.UTC)

    class StandingStill(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now.replace(year=2026, month=1, day=1, hour=0, minute=0, second=0)

    for name, module in list(sys.modules.items()):
        if name.startswith("latflow") and getattr(module, "datetime", 0) is datetime.datetime:
            module.datetime = StandingStill  # pyright: ignore[reportAttributeAccessIssue]
    make = os.mkdir

    def together(path: Any, *arguments: Any, **options: Any) -> None:
        if os.path.basename(os.fspath(path)).startswith(prefix):
            open(f".arrived-{os.getpid()}", "w").close()
            start = time.monotonic()
            while time.monotonic() - start < 60:
                if sum(entry.startswith(".arrived-") for entry in os.listdir()) == 2:
                    break
                time.sleep(0.01)
        make(path, *arguments, **options)

    os.mkdir = together


class _Writes:
    """What stands between latflow and the disk: counts finished files, and fails when told to.

    A file is finished when it is renamed to its name (``os.replace``), after it was flushed.
    """

    def __init__(self, fault: dict[str, Any]):
        self.kind, self.at, self.done = fault.get("kind"), fault.get("at"), 0
        self._replace, self._fsync = os.replace, os.fsync

    def replace(self, source, target) -> None:
        """``os.replace``, or death just before or after it."""
        last = self.done + 1 == self.at
        if last and self.kind == "bug":
            raise RuntimeError("nobody expected this")
        if last and self.kind == "kill before":
            os.kill(os.getpid(), signal.SIGKILL)
        self._replace(source, target)
        self.done += 1
        if last and self.kind == "kill after":
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(self, descriptor) -> None:
        """``os.fsync``; from one file on, the disk is full."""
        if self.kind == "full" and self.done + 1 >= self.at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fsync(descriptor)


if __name__ == "__main__":
    main()
