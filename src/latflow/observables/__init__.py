"""Observables: what is recorded of configurations, what follows from it, how it is written.

A new observable is one class deriving from :class:`Observable` and one entry in ``OBSERVABLES``;
a theory names those that it brings, and a configuration may choose.
"""

from latflow.observables._action import Action as Action
from latflow.observables._measurement import Measurement as Measurement
from latflow.observables._observable import Doubt as Doubt
from latflow.observables._observable import MeasuredTheory as MeasuredTheory
from latflow.observables._observable import Measurements as Measurements
from latflow.observables._observable import Observable as Observable
from latflow.observables._observable import OddSeries as OddSeries
from latflow.observables._observable import Quantity as Quantity
from latflow.observables._observable import SeriesByName as SeriesByName
from latflow.observables._observable import SlowSeries as SlowSeries
from latflow.observables._observable import SlowVector as SlowVector
from latflow.observables._observable import VectorQuantity as VectorQuantity
from latflow.observables._observable import known_by_principle as known_by_principle
from latflow.observables.gauge import GAUGE_OBSERVABLES
from latflow.observables.scalar import SCALAR_OBSERVABLES, Modes
from latflow.observables.spins import SPIN_OBSERVABLES

OBSERVABLES: tuple[Observable, ...] = (
    Action(),
    *SCALAR_OBSERVABLES,
    Modes(),
    *GAUGE_OBSERVABLES,
    *SPIN_OBSERVABLES,
)
