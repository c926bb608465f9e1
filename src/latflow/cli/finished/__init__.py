"""Commands that look at runs which are there, and make something of them."""

from latflow.cli.finished._derivative import derivative as derivative
from latflow.cli.finished._exchange import configuration as configuration
from latflow.cli.finished._exchange import export as export
from latflow.cli.finished._look import compare as compare
from latflow.cli.finished._look import info as info
from latflow.cli.finished._look import list_runs as list_runs
from latflow.cli.finished._plot import plot as plot
from latflow.cli.finished._regenerate import regenerate as regenerate
from latflow.cli.finished._thermodynamics import thermodynamics as thermodynamics
from latflow.cli.finished._verify import verify as verify
