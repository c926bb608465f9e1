"""From exceptions to one line on standard error and an exit code."""

import os
import sys
from collections.abc import Sequence

import typer

from latflow.cli._app import app
from latflow.errors import LatflowError

USER_ERROR = 2
_INTERRUPTED = 130
# The base of all that Typer says about wrong usage.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code. Never a traceback for the user's mistakes."""
    command = typer.main.get_command(app)
    try:
        result = command.main(
            list(arguments) or ["--help"], prog_name="latflow", standalone_mode=False
        )
    except LatflowError as error:
        return _complain(str(error))
    except _UsageError as error:
        return _complain(f"{error.format_message()} (see latflow --help)")  # pyright: ignore[reportAttributeAccessIssue]
    except typer.Exit as request:
        return request.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("latflow: stopped before anything was done", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; keep Python from complaining when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(f"{place}{error.strerror or error}")
    return result if isinstance(result, int) else 0


def _complain(message: str) -> int:
    print(f"latflow: error: {' '.join(message.split())}", file=sys.stderr)
    return USER_ERROR
