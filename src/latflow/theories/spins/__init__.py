"""Theories of spins: unit vectors on sites."""

from latflow.theories.spins._cpn import CPDefect as CPDefect
from latflow.theories.spins._cpn import CPModel as CPModel
from latflow.theories.spins._cpn import CPSettings as CPSettings
from latflow.theories.spins._on import ONModel as ONModel
from latflow.theories.spins._on import ONSettings as ONSettings
from latflow.theories.spins._ring import projective_space as projective_space
from latflow.theories.spins._ring import real_sphere as real_sphere
from latflow.theories.spins._ring import ring as ring
