"""Residual flows of gauge fields: steps along the gradient of a learnt sum of Wilson loops.

``_one_link`` is what moves one link whose staples are frozen, and how far it may go,
``_elimination`` the small determinants, ``_steps`` all layers and the way back, ``_residual`` the
flow and its settings.
"""

from latflow.flows.gauge.residual._one_link import OneLinkLoops as OneLinkLoops
from latflow.flows.gauge.residual._residual import ResidualFlow as ResidualFlow
from latflow.flows.gauge.residual._residual import ResidualFlowSettings as ResidualFlowSettings
