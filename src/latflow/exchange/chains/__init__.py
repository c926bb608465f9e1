"""The chains of a run in the formats of other programs."""

from latflow.exchange.chains._arrays import write_hdf5 as write_hdf5
from latflow.exchange.chains._arrays import write_npz as write_npz
from latflow.exchange.chains._netcdf import write_netcdf as write_netcdf
from latflow.exchange.chains._pyerrors import write_pyerrors as write_pyerrors
from latflow.exchange.chains._run_data import AXES as AXES
from latflow.exchange.chains._run_data import ChainExport as ChainExport
from latflow.exchange.chains._run_data import RunExport as RunExport
from latflow.exchange.chains._run_data import collect as collect
from latflow.exchange.chains._tensorboard import write_tensorboard as write_tensorboard
from latflow.exchange.chains._text import write_csv as write_csv
from latflow.exchange.chains._text import write_gvar as write_gvar
from latflow.exchange.chains._text import write_metrics as write_metrics
