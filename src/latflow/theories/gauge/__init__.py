"""Theories of group elements on links."""

from latflow.theories.gauge._exact_2d import ExactU1 as ExactU1
from latflow.theories.gauge._exact_2d import numbers_of_loops as numbers_of_loops
from latflow.theories.gauge._independent_plaquettes import ExactU1Fields as ExactU1Fields
from latflow.theories.gauge._independent_plaquettes import (
    SpreadPlaquettes as SpreadPlaquettes,
)
from latflow.theories.gauge._independent_plaquettes import (
    independent_plaquettes as independent_plaquettes,
)
from latflow.theories.gauge._independent_plaquettes import log_bessel as log_bessel
from latflow.theories.gauge._su import SU2GaugeSettings as SU2GaugeSettings
from latflow.theories.gauge._su import SU3GaugeSettings as SU3GaugeSettings
from latflow.theories.gauge._su import SUGauge as SUGauge
from latflow.theories.gauge._su_characters import ExactSU as ExactSU
from latflow.theories.gauge._u1 import U1Gauge as U1Gauge
from latflow.theories.gauge._u1 import U1GaugeSettings as U1GaugeSettings
from latflow.theories.gauge._u1_defect import U1Defect as U1Defect
from latflow.theories.gauge._u1_defect import defect_factors as defect_factors
from latflow.theories.gauge._u1_defect import require_room_for_defect as require_room_for_defect
from latflow.theories.gauge._u1_link import PolarStaples as PolarStaples
from latflow.theories.gauge._u1_link import U1Link as U1Link
from latflow.theories.gauge._von_mises import von_mises as von_mises
from latflow.theories.gauge._von_mises import von_mises_proposal as von_mises_proposal
from latflow.theories.gauge._von_mises import von_mises_update as von_mises_update
from latflow.theories.gauge._wilson import WilsonGauge as WilsonGauge
