"""Runs: typed configuration, the run folder, and the steps that fill it."""

from latflow.runs._atomic import to_json as to_json
from latflow.runs._build import build_kernel as build_kernel
from latflow.runs._build import build_model as build_model
from latflow.runs._build import build_theory as build_theory
from latflow.runs._chain_data import ChainData as ChainData
from latflow.runs._config import RunConfig as RunConfig
from latflow.runs._config_docs import commented_config as commented_config
from latflow.runs._config_docs import config_reference as config_reference
from latflow.runs._load import config_from as config_from
from latflow.runs._load import load_config as load_config
from latflow.runs._measure import measure as measure
from latflow.runs._presets import preset_description as preset_description
from latflow.runs._presets import preset_names as preset_names
from latflow.runs._progress import Interrupted as Interrupted
from latflow.runs._progress import Progress as Progress
from latflow.runs._progress import ShouldStop as ShouldStop
from latflow.runs._provenance import session as session
from latflow.runs._reference import ReferenceNumber as ReferenceNumber
from latflow.runs._reference import hmc_autocorrelation as hmc_autocorrelation
from latflow.runs._reference import reference_numbers as reference_numbers
from latflow.runs._run import run as run
from latflow.runs._sample import sample as sample
from latflow.runs._train import train as train
from latflow.runs._train import trained_model as trained_model
from latflow.runs.folder import RunFolder as RunFolder
from latflow.runs.folder import default_path as default_path
