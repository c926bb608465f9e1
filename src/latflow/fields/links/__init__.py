"""Gauge fields: group elements on the links of a lattice."""

from latflow.fields.links._link_space import Elements as Elements
from latflow.fields.links._link_space import LinkSpace as LinkSpace
