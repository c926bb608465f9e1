"""Continuous flows."""

from latflow.flows.continuous._flow import Continuous as Continuous
from latflow.flows.continuous._flow import ContinuousSettings as ContinuousSettings
