"""Observables of gauge fields, for any group and dimension; of the charge, for any field."""

from latflow.observables.gauge._charge import ChargedSpace as ChargedSpace
from latflow.observables.gauge._charge import TopologicalCharge as TopologicalCharge
from latflow.observables.gauge._clover import CloverCharge as CloverCharge
from latflow.observables.gauge._clover import clover_charge as clover_charge
from latflow.observables.gauge._clover import field_strength as field_strength
from latflow.observables.gauge._gradient_flow import wilson_flow as wilson_flow
from latflow.observables.gauge._plaquette import Plaquette as Plaquette
from latflow.observables.gauge._polyakov import PolyakovLoop as PolyakovLoop
from latflow.observables.gauge._wilson_loops import WilsonLoops as WilsonLoops
from latflow.observables.gauge._wilson_loops import largest_loop as largest_loop

GAUGE_OBSERVABLES = (
    Plaquette(),
    WilsonLoops(),
    PolyakovLoop(),
    TopologicalCharge(),
    CloverCharge(),
)
"""What a gauge theory may measure, in the order of tables."""
