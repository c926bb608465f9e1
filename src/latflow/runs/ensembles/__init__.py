"""What a finished run's ensembles are good for beyond its results."""

from latflow.runs.ensembles._derivative import Derivatives as Derivatives
from latflow.runs.ensembles._derivative import derivatives as derivatives
from latflow.runs.ensembles._tangent import theory_tangent as theory_tangent
