"""What a finished run's ensembles are good for beyond its results."""

from latflow.runs.ensembles._derivative import Derivatives as Derivatives
from latflow.runs.ensembles._derivative import derivatives as derivatives
from latflow.runs.ensembles._ensemble import Ensemble as Ensemble
from latflow.runs.ensembles._ensemble import compare_with_stored as compare_with_stored
from latflow.runs.ensembles._ensemble import ensemble_of as ensemble_of
from latflow.runs.ensembles._ensemble import read_ensemble as read_ensemble
from latflow.runs.ensembles._ensemble import write_configurations as write_configurations
from latflow.runs.ensembles._ensemble import write_ensemble as write_ensemble
from latflow.runs.ensembles._kept import KEPT as KEPT
from latflow.runs.ensembles._kept import derivative_content as derivative_content
from latflow.runs.ensembles._kept import keep_derivative as keep_derivative
from latflow.runs.ensembles._kept import kept_derivatives as kept_derivatives
from latflow.runs.ensembles._model_derivative import (
    model_log_z_derivative as model_log_z_derivative,
)
from latflow.runs.ensembles._tangent import theory_tangent as theory_tangent
from latflow.runs.ensembles._thermodynamics import ThermodynamicCurve as ThermodynamicCurve
from latflow.runs.ensembles._thermodynamics import curve_content as curve_content
from latflow.runs.ensembles._thermodynamics import curves_along_paths as curves_along_paths
from latflow.runs.ensembles._thermodynamics import thermodynamics as thermodynamics
