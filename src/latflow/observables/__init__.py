"""Functions of one configuration: what a Markov chain records at every step."""

from latflow.observables._scalar import ScalarTheory as ScalarTheory
from latflow.observables._scalar import power_spectrum as power_spectrum
from latflow.observables._scalar import scalar_measurements as scalar_measurements
