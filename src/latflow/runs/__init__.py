"""Runs: typed configuration, the run folder, and the steps that fill it.

Whoever stands above (reports, scans, recipes, the command line) imports from here only. Below
are rooms of their own: ``configuration``, ``store`` (files), ``results`` and ``pools``; the steps
stand in this one.
"""

from latflow.runs._build import build_kernel as build_kernel
from latflow.runs._build import build_model as build_model
from latflow.runs._build import build_theory as build_theory
from latflow.runs._check import check_buildable as check_buildable
from latflow.runs._extend import ask_for_more as ask_for_more
from latflow.runs._extend import extend as extend
from latflow.runs._load import load_config as load_config
from latflow.runs._load import read_raw as read_raw
from latflow.runs._measure import measure as measure
from latflow.runs._measure import report_is_stale as report_is_stale
from latflow.runs._memory import MemoryClaim as MemoryClaim
from latflow.runs._memory import in_words as in_words
from latflow.runs._memory import machine_memory as machine_memory
from latflow.runs._observables import observables_of as observables_of
from latflow.runs._observables import quantities_of as quantities_of
from latflow.runs._observables import slow_series_of as slow_series_of
from latflow.runs._resolved import ResolvedRun as ResolvedRun
from latflow.runs._resolved import resolve as resolve
from latflow.runs._run import run as run
from latflow.runs._sample import sample as sample
from latflow.runs._session import session as session
from latflow.runs._stages import TrainingStage as TrainingStage
from latflow.runs._stages import training_stages as training_stages
from latflow.runs._train import train as train
from latflow.runs._trained import trained_model as trained_model
from latflow.runs._trained import training_progress as training_progress
from latflow.runs.configuration import ChainSettings as ChainSettings
from latflow.runs.configuration import ModelSettings as ModelSettings
from latflow.runs.configuration import ObservablesSettings as ObservablesSettings
from latflow.runs.configuration import RunConfig as RunConfig
from latflow.runs.configuration import apply_overrides as apply_overrides
from latflow.runs.configuration import check_modest as check_modest
from latflow.runs.configuration import commented_config as commented_config
from latflow.runs.configuration import config_from as config_from
from latflow.runs.configuration import config_reference as config_reference
from latflow.runs.configuration import parse_value as parse_value
from latflow.runs.configuration import preset_description as preset_description
from latflow.runs.configuration import preset_names as preset_names
from latflow.runs.configuration import read_toml as read_toml
from latflow.runs.configuration import run_config_class as run_config_class
from latflow.runs.configuration import to_toml as to_toml
from latflow.runs.ensembles import Derivatives as Derivatives
from latflow.runs.ensembles import derivatives as derivatives
from latflow.runs.ensembles import theory_tangent as theory_tangent
from latflow.runs.results import SampleCost as SampleCost
from latflow.runs.results import break_even as break_even
from latflow.runs.results import known_numbers as known_numbers
from latflow.runs.results import pull as pull
from latflow.runs.results import sample_cost as sample_cost
from latflow.runs.store import ChainData as ChainData
from latflow.runs.store import Interrupted as Interrupted
from latflow.runs.store import LayerView as LayerView
from latflow.runs.store import Progress as Progress
from latflow.runs.store import RunFolder as RunFolder
from latflow.runs.store import ShouldStop as ShouldStop
from latflow.runs.store import Silent as Silent
from latflow.runs.store import claimed_path as claimed_path
from latflow.runs.store import finite as finite
from latflow.runs.store import is_leftover as is_leftover
from latflow.runs.store import locked as locked
from latflow.runs.store import never as never
from latflow.runs.store import remove_leftovers as remove_leftovers
from latflow.runs.store import stop_if as stop_if
from latflow.runs.store import to_json as to_json
from latflow.runs.store import write_json as write_json
from latflow.runs.store import write_text as write_text
from latflow.runs.store import written_aside as written_aside
from latflow.runs.verification import Check as Check
from latflow.runs.verification import verify as verify
