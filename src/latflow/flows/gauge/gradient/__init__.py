"""Gradient flows of gauge fields: one differential equation from uniform links to the target.

``_loop_functions`` is what they move along the gradient of, ``_integrate`` how, ``_gradient_flow``
the flow, ``_trivializing`` the first orders of Luescher's map, which it starts from.
"""

from latflow.flows.gauge.gradient._gradient_flow import GradientFlow as GradientFlow
from latflow.flows.gauge.gradient._integrate import integrate as integrate
from latflow.flows.gauge.gradient._integrate import (
    velocity_and_divergence as velocity_and_divergence,
)
from latflow.flows.gauge.gradient._loop_functions import LoopFunction as LoopFunction
from latflow.flows.gauge.gradient._loop_functions import loop_functions as loop_functions
from latflow.flows.gauge.gradient._loop_functions import loop_sums as loop_sums
from latflow.flows.gauge.gradient._settings import GradientFlowSettings as GradientFlowSettings
from latflow.flows.gauge.gradient._trivializing import trivializing_series as trivializing_series
