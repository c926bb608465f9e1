"""From a checked configuration to the objects it describes."""

from latflow.runs.building._build import build_kernel as build_kernel
from latflow.runs.building._build import build_model as build_model
from latflow.runs.building._build import build_stage_theory as build_stage_theory
from latflow.runs.building._build import build_theory as build_theory
from latflow.runs.building._located import located as located
