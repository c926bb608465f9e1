"""What a notebook needs in a few lines: ``import latflow as lf`` has it all."""

from latflow.library._evaluate import Evaluation as Evaluation
from latflow.library._evaluate import evaluate as evaluate
from latflow.library._list import list_runs as list_runs
from latflow.library._progress import Bars as Bars
from latflow.library._run import Draws as Draws
from latflow.library._run import Run as Run
from latflow.library._run import load as load
from latflow.library._sample import Samples as Samples
from latflow.library._sample import sample as sample
from latflow.library._start import build as build
from latflow.library._start import run as run
from latflow.library._state import RunState as RunState
from latflow.library._state import state_of as state_of
from latflow.library._state import still_missing as still_missing
from latflow.library._train import Trained as Trained
from latflow.library._train import train as train
from latflow.reports import Comparison as Comparison
from latflow.reports import compare as compare
