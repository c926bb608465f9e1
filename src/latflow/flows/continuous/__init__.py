"""Continuous flows of scalar fields: one differential equation from the prior to the target.

``_flow`` is the flow, ``_vector_field`` the right-hand side, ``_series`` and ``_kernel`` what it is
made of, ``_integrate`` and ``_adaptive`` two ways to solve the equation.
"""

from latflow.flows.continuous._flow import Continuous as Continuous
from latflow.flows.continuous._flow import Solver as Solver
from latflow.flows.continuous._settings import ContinuousSettings as ContinuousSettings
from latflow.flows.continuous._tableaux import CLASSICAL as CLASSICAL
from latflow.flows.continuous._tableaux import COOPER_VERNER as COOPER_VERNER
from latflow.flows.continuous._tableaux import Tableau as Tableau
