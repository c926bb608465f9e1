"""The command line: ``latflow``. It is thin, and the only place that prints."""

import sys


def main() -> None:
    """The entry point: run a command, and turn errors into one line and an exit code.

    0: done. 1: something unexpected, whose traceback is in a file. 2: a mistake that the user can
    mend. 128 and the number of a signal: stopped by it, with everything saved: 130 by Ctrl-C,
    143 by SIGTERM or at a time limit, 129 by a closed terminal, 138 by SIGUSR1.
    """
    from latflow.cli._signals import command_begins, command_ends
    from latflow.cli._streams import prepare_streams

    command_begins()
    prepare_streams()
    from latflow.cli._errors import run_command

    code = run_command(sys.argv[1:])
    command_ends()
    sys.exit(code)
