"""Kernels for fields whose variables can be drawn one by one, and for gauge fields."""

from latflow.kernels.gauge._heat_bath import HeatBath as HeatBath
from latflow.kernels.gauge._heat_bath import HeatBathSettings as HeatBathSettings
from latflow.kernels.gauge._instanton import InstantonSettings as InstantonSettings
from latflow.kernels.gauge._instanton import InstantonUpdate as InstantonUpdate
from latflow.kernels.gauge._instanton import instanton as instanton
from latflow.kernels.gauge._local import InSteps as InSteps
from latflow.kernels.gauge._local import LocalDistribution as LocalDistribution
from latflow.kernels.gauge._local import LocallySolvable as LocallySolvable
from latflow.kernels.gauge._local import RestrictedStaples as RestrictedStaples
from latflow.kernels.gauge._local import require_locally_solvable as require_locally_solvable
