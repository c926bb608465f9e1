"""From exceptions to one line on standard error and an exit code."""

import os
from collections.abc import Sequence

import typer

from latflow.cli._app import app
from latflow.cli._crash import crash_line
from latflow.cli._streams import discard_output, flush_output, tell
from latflow.errors import LatflowError, one_line

USER_ERROR = 2
CRASH = 1
_INTERRUPTED = 130
# The base of all that Typer says about wrong usage.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code. Never a traceback on the terminal."""
    try:
        code = _run(arguments)
    except BrokenPipeError:
        discard_output()
        return 0
    except BaseException as error:  # whatever happens: one line
        code = _ended(error)
    problem = flush_output()
    return _complain(problem) if problem and not code else code


def _run(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    result = command.main(list(arguments) or ["--help"], prog_name="latflow", standalone_mode=False)
    return result if isinstance(result, int) else 0


def _ended(error: BaseException) -> int:
    """Say what an exception means, and return the exit code."""
    if isinstance(error, LatflowError):
        return _complain(str(error))
    if isinstance(error, _UsageError):
        return _complain(f"{error.format_message()} (see latflow --help)")  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        tell("latflow: stopped before anything was done")
        return _INTERRUPTED
    if isinstance(error, SystemExit):
        # So Rich ends when whoever read the output has gone.
        discard_output()
        return 0
    if isinstance(error, OSError):
        # Whatever reads and writes files says which: without a name it is a stream.
        place = error.filename or "standard output or error"
        return _complain(f"{place}: {_reason(error)}")
    words = _of_the_machine(error)
    if words:
        return _complain(words)
    _complain(crash_line(error))
    return CRASH


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _of_the_machine(error: BaseException) -> str:
    """What the machine lacks, if that is what an exception means."""
    text = str(error)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text:
        return (
            "out of memory; lower n_chains, training.batch, training.micro_batch or the pools, or "
            "take a machine with more (what was saved stays, and can be resumed)"
        )
    if isinstance(error, RuntimeError) and "nable to initialize backend" in text:
        asked = os.environ.get("JAX_PLATFORMS", "")
        return (
            f"JAX_PLATFORMS = {asked}: JAX finds no such device here ({one_line(text, 200)}); "
            "unset it, or set it to cpu"
        )
    return ""


def _complain(message: str) -> int:
    tell(f"latflow: error: {one_line(message)}")
    return USER_ERROR
