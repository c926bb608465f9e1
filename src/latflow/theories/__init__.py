"""Lattice theories: what is right.

A new theory is one module with a :class:`Theory` and its settings, and one entry in ``THEORIES``.
"""

from latflow.neighbours import neighbour_sum as neighbour_sum
from latflow.theories._free import FreeScalar as FreeScalar
from latflow.theories._free import FreeScalarSettings as FreeScalarSettings
from latflow.theories._phi4 import Phi4 as Phi4
from latflow.theories._phi4 import Phi4Settings as Phi4Settings
from latflow.theories._theory import Theory as Theory
from latflow.theories._theory import TheorySettings as TheorySettings

THEORIES = (Phi4Settings, FreeScalarSettings)
