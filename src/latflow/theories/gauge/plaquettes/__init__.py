"""Gauge theories in two dimensions from independent plaquettes: exact draws, and close to exact.

On a periodic lattice plaquettes are independent but for one constraint. What is proposed here
satisfies it, with a density that is known, and weights that are bounded: rejection is exact.
"""

from latflow.theories.gauge.plaquettes._exact_su import ExactSUFields as ExactSUFields
from latflow.theories.gauge.plaquettes._exact_su import exact_su_fields as exact_su_fields
from latflow.theories.gauge.plaquettes._free_su import FreeSUPlaquettes as FreeSUPlaquettes
from latflow.theories.gauge.plaquettes._free_su import Place as Place
from latflow.theories.gauge.plaquettes._free_su import log_density_of_free as log_density_of_free
from latflow.theories.gauge.plaquettes._free_su import (
    random_field_of_sequence as random_field_of_sequence,
)
from latflow.theories.gauge.plaquettes._one import OnePlaquette as OnePlaquette
from latflow.theories.gauge.plaquettes._spread_su2 import (
    SpreadSU2Plaquettes as SpreadSU2Plaquettes,
)
from latflow.theories.gauge.plaquettes._u1 import ExactU1Fields as ExactU1Fields
from latflow.theories.gauge.plaquettes._u1 import SpreadPlaquettes as SpreadPlaquettes
from latflow.theories.gauge.plaquettes._u1 import (
    independent_plaquettes as independent_plaquettes,
)
from latflow.theories.gauge.plaquettes._u1 import log_bessel as log_bessel
