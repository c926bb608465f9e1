"""Figures that every run of their kind has: training, chains, costs, configurations."""

from latflow.reports.figures.always._acceptance import AcceptanceFigure as AcceptanceFigure
from latflow.reports.figures.always._acceptance import acceptance_history as acceptance_history
from latflow.reports.figures.always._along_chain import Along as Along
from latflow.reports.figures.always._along_chain import info_along as info_along
from latflow.reports.figures.always._along_chain import slow_along as slow_along
from latflow.reports.figures.always._along_chain import stretches as stretches
from latflow.reports.figures.always._autocorrelation import (
    AutocorrelationFigure as AutocorrelationFigure,
)
from latflow.reports.figures.always._autocorrelation import autocorrelation as autocorrelation
from latflow.reports.figures.always._break_even import CostFigure as CostFigure
from latflow.reports.figures.always._break_even import CostLine as CostLine
from latflow.reports.figures.always._break_even import break_even as break_even
from latflow.reports.figures.always._configurations import configurations as configurations
from latflow.reports.figures.always._configurations_part import (
    ConfigurationsFigure as ConfigurationsFigure,
)
from latflow.reports.figures.always._derivatives import DerivativePoint as DerivativePoint
from latflow.reports.figures.always._derivatives import DerivativesFigure as DerivativesFigure
from latflow.reports.figures.always._derivatives import derivatives as derivatives
from latflow.reports.figures.always._energy_violation import (
    EnergyViolationFigure as EnergyViolationFigure,
)
from latflow.reports.figures.always._energy_violation import energy_violation as energy_violation
from latflow.reports.figures.always._energy_violation import mean_exponential as mean_exponential
from latflow.reports.figures.always._layer_target import layer_target as layer_target
from latflow.reports.figures.always._layers import LayerTarget as LayerTarget
from latflow.reports.figures.always._layers import layers as layers
from latflow.reports.figures.always._layers import shown_stages as shown_stages
from latflow.reports.figures.always._layers_part import LayersFigure as LayersFigure
from latflow.reports.figures.always._replica_exchange import LadderCurves as LadderCurves
from latflow.reports.figures.always._replica_exchange import (
    ReplicaExchangeFigure as ReplicaExchangeFigure,
)
from latflow.reports.figures.always._replica_exchange import replica_exchange as replica_exchange
from latflow.reports.figures.always._replica_walks import ReplicaWalksFigure as ReplicaWalksFigure
from latflow.reports.figures.always._replica_walks import replica_walks as replica_walks
from latflow.reports.figures.always._thermalisation import (
    ThermalisationFigure as ThermalisationFigure,
)
from latflow.reports.figures.always._thermalisation import thermalisation as thermalisation
from latflow.reports.figures.always._thermodynamics import PathCurve as PathCurve
from latflow.reports.figures.always._thermodynamics import (
    ThermodynamicsFigure as ThermodynamicsFigure,
)
from latflow.reports.figures.always._thermodynamics import thermodynamics as thermodynamics
from latflow.reports.figures.always._training import TrainingFigure as TrainingFigure
from latflow.reports.figures.always._training import training_curves as training_curves
from latflow.reports.figures.always._weights import WeightsFigure as WeightsFigure
from latflow.reports.figures.always._weights import weights as weights
from latflow.reports.figures.always._works import WorksFigure as WorksFigure
from latflow.reports.figures.always._works import works as works
