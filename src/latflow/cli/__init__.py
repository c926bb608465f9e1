"""The command line: ``latflow``. It is thin, and the only place that prints."""

import sys


def main() -> None:
    """The entry point: run a command, and turn errors into one line and an exit code.

    0: done. 2: a mistake that the user can mend. 130: stopped by Ctrl-C (143 by SIGTERM).
    """
    from latflow.cli._errors import run_command

    sys.exit(run_command(sys.argv[1:]))
