from latflow.analysis import gamma_method as gamma_method
from latflow.exchange import read_configuration as read_configuration
from latflow.library import build as build
from latflow.library import compare as compare
from latflow.library import evaluate as evaluate
from latflow.library import load as load
from latflow.library import run as run
from latflow.library import sample as sample
from latflow.library import train as train

__version__: str
