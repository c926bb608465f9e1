"""Gauge fields: group elements on the links of a lattice."""

from latflow.fields.links._from_plaquettes import links_from_plaquettes as links_from_plaquettes
from latflow.fields.links._from_plaquettes import plaquette_angles as plaquette_angles
from latflow.fields.links._from_plaquettes import (
    random_links_from_plaquettes as random_links_from_plaquettes,
)
from latflow.fields.links._from_plaquettes import (
    require_two_dimensions as require_two_dimensions,
)
from latflow.fields.links._link_space import Elements as Elements
from latflow.fields.links._link_space import LinkSpace as LinkSpace
from latflow.fields.links._paths import line as line
from latflow.fields.links._paths import planes as planes
from latflow.fields.links._paths import plaquette as plaquette
from latflow.fields.links._paths import polyakov_loop as polyakov_loop
from latflow.fields.links._paths import staples as staples
from latflow.fields.links._paths import wilson_loops as wilson_loops
from latflow.fields.links._plaquette_sequence import PlaquetteSequence as PlaquetteSequence
from latflow.fields.links._plaquette_sequence import closing_product as closing_product
from latflow.fields.links._plaquette_sequence import field_of_sequence as field_of_sequence
from latflow.fields.links._plaquette_sequence import product_of_sequence as product_of_sequence
from latflow.fields.links._plaquette_sequence import sequence_of as sequence_of
from latflow.fields.links._special_unitary import SULinks as SULinks
from latflow.fields.links._special_unitary_algebra import generators as generators
from latflow.fields.links._special_unitary_plaquettes import (
    plaquette_gradient as plaquette_gradient,
)
from latflow.fields.links._special_unitary_plaquettes import plaquette_sum as plaquette_sum
from latflow.fields.links._special_unitary_plaquettes import staple_sum as staple_sum
from latflow.fields.links._special_unitary_products import displaced as displaced
from latflow.fields.links._special_unitary_products import matrix_primitive as matrix_primitive
from latflow.fields.links._special_unitary_products import matrix_product as matrix_product
from latflow.fields.links._special_unitary_products import rotated_rows as rotated_rows
from latflow.fields.links._u1 import U1Links as U1Links
from latflow.fields.links._u1 import turns as turns
from latflow.fields.links._u1 import wrapped as wrapped
