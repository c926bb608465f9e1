"""The typed configuration of a run: what a TOML file may say, checked and explained."""

from latflow.runs.configuration._chains import ChainSettings as ChainSettings
from latflow.runs.configuration._config import FORMAT as FORMAT
from latflow.runs.configuration._config import RunConfig as RunConfig
from latflow.runs.configuration._documentation import commented_config as commented_config
from latflow.runs.configuration._documentation import config_reference as config_reference
from latflow.runs.configuration._errors import dotted as dotted
from latflow.runs.configuration._model import ModelSettings as ModelSettings
from latflow.runs.configuration._observables import ObservablesSettings as ObservablesSettings
from latflow.runs.configuration._observables import bytes_with_digest as bytes_with_digest
from latflow.runs.configuration._overrides import apply_overrides as apply_overrides
from latflow.runs.configuration._overrides import parse_value as parse_value
from latflow.runs.configuration._parse import config_from as config_from
from latflow.runs.configuration._parse import stored_in as stored_in
from latflow.runs.configuration._presets import preset_description as preset_description
from latflow.runs.configuration._presets import preset_names as preset_names
from latflow.runs.configuration._presets import read_preset as read_preset
from latflow.runs.configuration._read import check_modest as check_modest
from latflow.runs.configuration._read import parse_toml as parse_toml
from latflow.runs.configuration._read import read_toml as read_toml
from latflow.runs.configuration._run_config_class import run_config_class as run_config_class
from latflow.runs.configuration._shipped import run_path as run_path
from latflow.runs.configuration._shipped import shipped_names as shipped_names
from latflow.runs.configuration._shipped import shipped_path as shipped_path
from latflow.runs.configuration._shipped import shipped_quality as shipped_quality
from latflow.runs.configuration._toml import to_toml as to_toml
